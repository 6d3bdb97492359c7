import assert from "node:assert/strict";
import { once } from "node:events";
import { openSync } from "node:fs";
import { createServer } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { delayed, error, stalled } from "../support/faults.ts";
import {
  assertDeleted,
  assertFailure,
  assertNoSecrets,
  runQuickstart,
  startQuickstart,
} from "../support/quickstart.ts";
import { CREATE, ISSUE, startTestEmulator } from "../support/test-emulator.ts";

describe("a failure", { concurrency: true }, () => {
  // Two children that wait for the quickstart's time limit.
  test("a call that does not end: the time limit ends it", async (t) => {
    const emulator = await startTestEmulator(t);
    let [began, closed] = [0, 0];
    emulator.on(CREATE, 2, (c, next) => {
      began = performance.now();
      c.env.incoming.socket.once("close", () => {
        closed = performance.now();
      });
      return stalled(c, next);
    });
    const result = await runQuickstart(emulator, { waits: true });
    assertFailure(result, /^A call to 127\.0\.0\.1:\d+ took longer than 20 seconds, retries included\.\n/);
    assert.ok(closed - began > 15_000 && closed - began < 30_000, `the call took ${closed - began} ms`);
    assertDeleted(emulator, 1);
  });

  // The SDK's call never ends then, even when it is aborted, and nothing keeps the process alive.
  test("a proxy that breaks off its response: the time limit ends the call", async (t) => {
    const emulator = await startTestEmulator(t);
    const HTTPS_PROXY = await startProxy(t, "HTTP/1.1 407 Authentication Required\r\nContent-Length: 20\r\n\r\n");
    const { code, stderr } = await runQuickstart(emulator, { env: { HTTPS_PROXY }, waits: true });
    assert.match(stderr, /^A call to \S+ took longer than 20 seconds/);
    assert.match(stderr, /\nThe service may hold an identity with an unknown ID: .*\n$/);
    assert.equal(code, 1);
  });

  // The SDK loses the socket to the proxy, and nobody handles its error.
  test("a proxy's password that is not URL-encoded", async (t) => {
    const HTTPS_PROXY = "http://user:secret%ZZ@127.0.0.1:1";
    const result = await runQuickstart(await startTestEmulator(t), { env: { HTTPS_PROXY } });
    assertFailure(
      result,
      /^Could not connect to \S+ through the proxy 127\.0\.0\.1:1: URI malformed .*\n.*HTTPS_PROXY/,
    );
    assert.doesNotMatch(result.stderr, /secret/);
  });

  test("a certificate that is not trusted", async (t) => {
    const emulator = await startTestEmulator(t);
    const result = await runQuickstart(emulator, { env: { NODE_EXTRA_CA_CERTS: "" } });
    assertFailure(result, /^Could not connect to \S+: its certificate is not trusted \(.+\)\.\n.*NODE_EXTRA_CA_CERTS/);
  });

  test("errors of the service, and AZURE_LOG_LEVEL=verbose: no secret is printed, and what was created is deleted", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(ISSUE, 2, error(403, "Forbidden", "Not allowed."));
    const edit = `
      const key = "c2VjcmV0LWtleS1vZi10aGUtcmVzb3VyY2U=";
      const endpoint = connectionString.replace(/^endpoint=|;.*/g, "");
      await new CommunicationIdentityClient(endpoint, { key }).createUser().catch((error) => console.log(error.code));
      await client.getToken(user, ["voip"]);`;
    const result = await runQuickstart(emulator, { env: { AZURE_LOG_LEVEL: "verbose" }, edit });
    assert.match(result.stderr, /^The service responded with 403 Forbidden: Not allowed\.\nAzure support asks/m);
    assert.match(result.stderr, /"authorization": "REDACTED"/i);
    assert.match(result.stdout, /^Denied$/m);
    assertNoSecrets(result, emulator, "accesskey=c2VjcmV0LWtleS1vZi10aGUtcmVzb3VyY2U=");
    assert.equal(result.code, 1);
    assertDeleted(emulator, 2);
  });

  test("no connection string: nothing but two lines on stderr", async (t) => {
    const emulator = await startTestEmulator(t);
    const result = await runQuickstart(emulator, { env: { COMMUNICATION_SERVICES_CONNECTION_STRING: " " } });
    assertFailure(result, /^COMMUNICATION_SERVICES_CONNECTION_STRING is not set\..*\n.*npm run start:emulator\n$/);
    assert.equal(result.stdout, "");
  });

  const fullDevice = process.platform !== "linux" && "only Linux has /dev/full";
  test("output that cannot be written", { skip: fullDevice }, async (t) => {
    const emulator = await startTestEmulator(t);
    const { ended } = await startQuickstart(emulator, { stdout: openSync("/dev/full", "w") });
    const result = await ended;
    assertFailure(result, /^Could not write the output: .*no space left on device.*\n$/);
    assert.equal(emulator.identities.size, 0);
  });

  describe("a bug in a line that was added: Node shows it, and the identities are deleted", () => {
    const bugs = {
      "an undefined value": [
        `const learner: { identity?: { id: string } } = {};\n  console.log(learner.identity.id);`,
        /src.main\.ts:\d+\n.*learner\.identity\.id.*\n\s*\^\n+TypeError: Cannot read properties of undefined.*\n +at main/,
      ],
      "a thrown value that is no error": [
        `setTimeout(() => { throw { code: 42 }; }, 10);
        await new Promise((resolve) => setTimeout(resolve, 100_000));`,
        /\bcode: 42\b|\[object Object\]|#<Object>/,
      ],
      "an invalid URL": [`new URL("bob");`, /\nTypeError(: | \[ERR_INVALID_URL\]: )Invalid URL\n(.*\n)+.*input: 'bob'/],
      "an error with a cause, and a call that nobody waits for": [
        `client.createUser();
        throw new Error("mine", { cause: await fetch("https://127.0.0.1:1").catch((error) => error) });`,
        /\nError: mine\n +at main \(.*src.main\.ts:\d+:\d+\)\n(.*\n)*.*\[cause\]: \[?TypeError: fetch failed/,
      ],
    } as const;
    for (const [name, [edit, expected]] of Object.entries(bugs)) {
      test(name, async (t) => {
        const emulator = await startTestEmulator(t);
        emulator.on(CREATE, 4, delayed(300));
        const { code, stderr } = await runQuickstart(emulator, { edit });
        assert.match(stderr, expected);
        assert.match(stderr, /\nNode\.js v\d+/);
        assert.doesNotMatch(stderr, /PROXY|tidy-run/);
        assert.equal(code, 1);
        assertDeleted(emulator, edit.includes("createUser") ? 3 : 2);
      });
    }
  });
});

/** Starts a proxy that responds with a text and keeps the connection open. */
async function startProxy(t: TestContext, response: string): Promise<string> {
  const server = createServer((socket) => socket.on("error", () => {}).once("data", () => socket.write(response)));
  t.after(() => server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  return `http://127.0.0.1:${Object(server.address()).port}`;
}
