import assert from "node:assert/strict";
import { openSync } from "node:fs";
import { describe } from "node:test";
import { error, respond, stalled } from "../support/faults.ts";
import { LIBRARIES } from "../support/libraries.ts";
import { listen } from "../support/listen.ts";
import { assertFailure, assertNoSecrets, runQuickstart, SHORT_LIMIT } from "../support/quickstart.ts";
import { CREATE, DELETE, ISSUE, test } from "../support/test-emulator.ts";

// How each error is explained is tested in test/unit/explain-error.test.ts, without child processes.
describe("a failure", () => {
  test("of a call that doesn't end: the time limit ends it, even with its own signal, and the identities are deleted", async (emulator) => {
    emulator.on(CREATE, 2, stalled);
    const own = { "createUser({ customId })": "createUser({ customId, abortSignal: new AbortController().signal })" };
    const result = await runQuickstart(emulator, { replace: { ...SHORT_LIMIT, ...own } });
    const expected = /^POST \/identities on [\d.:]+ took longer than 5 seconds, including retries\.\n.*429/;
    assertFailure(result, expected, emulator, 1);
  });

  // The SDK's call never ends then, even when it's aborted. With some versions of its dependencies it fails.
  test("of a proxy that breaks off its response: the quickstart says so and ends", async (emulator, t) => {
    const response = "HTTP/1.1 407 Authentication Required\r\nContent-Length: 20\r\n\r\n";
    const proxy = await listen(t, (socket) => socket.once("data", () => socket.write(response)));
    const result = await runQuickstart(emulator, { env: { HTTPS_PROXY: `http://${proxy}` }, replace: SHORT_LIMIT });
    assertFailure(result, /^POST \/identities on \S+( took longer than 5 seconds|.* failed: )/, emulator, 0);
  });

  test("of the service, and then of the deletes: is explained without a secret if the SDK logs everything and other libraries listen", async (emulator) => {
    emulator.on(DELETE, 1, error(409, "Locked", "Try later."));
    // Not the service's response: the identity may still be there.
    emulator.on(DELETE, 2, respond(404, "<h1>Not found</h1>", { "content-type": "text/html" }));
    const key = "c2VjcmV0LWtleS1vZi10aGUtcmVzb3VyY2U=";
    const message = `Not allowed: AccessKey=${key} ${"x".repeat(220)} eyJhbGciOiJSUzI1NiJ9.e`;
    emulator.on(ISSUE, 2, error(403, "Forbidden", message));
    const mine = '{ name: "mine", sendRequest: (request, next) => next(request) }';
    const options = `{ ...clientOptions, additionalPolicies: [{ position: "perCall", policy: ${mine} }] })`;
    const edit = `${LIBRARIES}
      const endpoint = readConnectionString().replace(/^endpoint=|;.*/g, "");
      const other = new CommunicationIdentityClient(endpoint, { key: "${key}" });
      await other.createUser().catch((error) => console.log(error.code));
      await client.getToken(user, ["voip"]);`;
    const env = { AZURE_LOG_LEVEL: "verbose" };
    const result = await runQuickstart(emulator, { env, edit, replace: { "clientOptions)": options } });
    const own = result.stderr.replace(/^azure:.*\n([ }].*\n)*/gm, "");
    const explained = "POST .* returned 403 Forbidden: Not allowed: \\(secret\\) x+ \\(secret\\)\n.*request ID.*";
    const left = `These .*:\n${[...emulator.identities].join("\n")}\nDELETE .* 409 Locked: Try later.*\n.*`;
    assert.match(own, new RegExp(`^${explained}\nDeleted 0 of 2 identities.\n${left}\n$`));
    assert.match(result.stderr, /"authorization": "REDACTED"/i);
    assert.match(result.stdout, /^Denied$/m);
    assertNoSecrets(result, emulator, `accesskey=${key}`);
    assert.equal(result.code, 1);
  });

  test("of the configuration: prints two lines on stderr and nothing else", async (emulator) => {
    const env = { COMMUNICATION_SERVICES_CONNECTION_STRING: "endpoint=https://a" };
    const result = await runQuickstart(emulator, { env });
    const expected = /^COMMUNICATION_SERVICES_CONNECTION_STRING must .*;accesskey=<your-access-key>\n.*semicolon.*\n$/;
    assertFailure(result, expected, emulator, 0);
    assert.equal(result.stdout, "");
  });

  const fullDevice = process.platform !== "linux" && "only Linux has /dev/full";
  test("to write the output: says so, and creates nothing", { skip: fullDevice }, async (emulator) => {
    const result = await runQuickstart(emulator, { stdout: openSync("/dev/full", "w") });
    assertFailure(result, /^Could not write the output: .*no space left on device.*\n$/, emulator, 0);
  });
});
