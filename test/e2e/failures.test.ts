import assert from "node:assert/strict";
import { openSync } from "node:fs";
import { describe } from "node:test";
import { error, stalled } from "../support/faults.ts";
import { LIBRARIES } from "../support/libraries.ts";
import { listen } from "../support/listen.ts";
import {
  assertDeleted,
  assertFailure,
  assertNoSecrets,
  runQuickstart,
  SHORT_LIMITS,
  startQuickstart,
} from "../support/quickstart.ts";
import { CREATE, ISSUE, test } from "../support/test-emulator.ts";

// What each error is called is tested in test/unit/explain-error.test.ts, without child processes.
describe("a failure", { concurrency: true }, () => {
  test("of a call that doesn't end: the time limit ends it, and the identities are deleted", async (emulator) => {
    emulator.on(CREATE, 2, stalled);
    const result = await runQuickstart(emulator, { replace: SHORT_LIMITS });
    assertFailure(result, /^POST \/identities on [\d.:]+ took longer than 5 seconds, including retries\.\n.*429/);
    assertDeleted(emulator, 1);
  });

  // The SDK's call never ends then, even when it's aborted. With some versions of its dependencies it fails.
  test("of a proxy that breaks off its response: the quickstart says so and ends", async (emulator, t) => {
    const response = "HTTP/1.1 407 Authentication Required\r\nContent-Length: 20\r\n\r\n";
    const proxy = await listen(t, (socket) => socket.once("data", () => socket.write(response)));
    const result = await runQuickstart(emulator, { env: { HTTPS_PROXY: `http://${proxy}` }, replace: SHORT_LIMITS });
    assertFailure(result, /^POST \/identities on \S+( took longer than 5 seconds|.* failed: )/);
  });

  test("of the service: is explained without a secret if the SDK logs everything and other libraries listen", async (emulator) => {
    emulator.on(ISSUE, 2, error(403, "Forbidden", "Not allowed."));
    const key = "c2VjcmV0LWtleS1vZi10aGUtcmVzb3VyY2U=";
    const mine = '{ name: "mine", sendRequest: (request, next) => next(request) }';
    const options = `{ ...clientOptions, additionalPolicies: [{ position: "perCall", policy: ${mine} }] })`;
    const edit = `${LIBRARIES}
      const endpoint = readConnectionString().replace(/^endpoint=|;.*/g, "");
      const other = new CommunicationIdentityClient(endpoint, { key: "${key}" });
      await other.createUser().catch((error) => console.log(error.code));
      await client.getToken(user, ["voip"]);`;
    const result = await runQuickstart(emulator, {
      env: { AZURE_LOG_LEVEL: "verbose" },
      edit,
      replace: { "clientOptions)": options },
    });
    const explanations = result.stderr.match(/^POST .* returned 403 Forbidden: Not allowed\.\n.*request ID.*$/gm);
    assert.equal(explanations?.length, 1, result.stderr);
    assert.match(result.stderr, /"authorization": "REDACTED"/i);
    assert.match(result.stdout, /^Denied$/m);
    assertNoSecrets(result, emulator, `accesskey=${key}`);
    assert.equal(result.code, 1);
    assertDeleted(emulator, 2);
  });

  test("of the configuration: prints two lines on stderr and nothing else", async (emulator) => {
    const result = await runQuickstart(emulator, {
      env: { COMMUNICATION_SERVICES_CONNECTION_STRING: "endpoint=https://a" },
    });
    assertFailure(
      result,
      /^COMMUNICATION_SERVICES_CONNECTION_STRING must .*;accesskey=<your-access-key>\n.*semicolon.*\n$/,
    );
    assert.equal(result.stdout, "");
  });

  const fullDevice = process.platform !== "linux" && "only Linux has /dev/full";
  test("to write the output: says so, and deletes the identities", { skip: fullDevice }, async (emulator) => {
    const { ended } = await startQuickstart(emulator, { stdout: openSync("/dev/full", "w") });
    const result = await ended;
    assertFailure(result, /^Could not write the output: .*no space left on device.*\n$/);
    assert.equal(emulator.identities.size, 0);
  });
});
