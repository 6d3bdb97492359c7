import assert from "node:assert/strict";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import type { MiddlewareHandler } from "hono";
import { emulatorFor, type TestEmulator, timeAfterFailure } from "./support/emulator";
import { answer, delayed, dropped, error, type Fault, on, silent, stalled } from "./support/faults";
import { listen, unusedPort } from "./support/ports";
import { type Result, runQuickstart, startQuickstart } from "./support/process";

/** Runs the quickstart, and checks that no secret is printed, whole or in part. */
async function run(emulator: TestEmulator, env: Record<string, string> = {}): Promise<Result> {
  const result = await runQuickstart({ env: { ...emulator.env, ...env } });
  const output = result.stdout + result.stderr;
  const secrets = emulator.seen.flatMap(({ headers, answer }) => [
    /Signature=(.*)$/.exec(headers.authorization ?? "")?.[1],
    /"token":"([^"]*)/.exec(answer)?.[1],
  ]);
  const [, key = ""] = (env[VARIABLE] ?? emulator.connectionString).split("accesskey=");
  for (const secret of [key, ...secrets]) {
    for (const part of secret?.match(/[\w+/-]{12,}/g) ?? [])
      assert.ok(!output.includes(part.slice(0, 12)), "prints a secret");
  }
  return result;
}

const VARIABLE = "COMMUNICATION_SERVICES_CONNECTION_STRING";
const KEY = "c2VjcmV0LWtleS1vZi10aGUtcmVzb3VyY2U=";
const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJza3lwZWlkIjoic2VjcmV0In0.c2VjcmV0LXNpZ25hdHVyZQ";
const CREATE = "POST /identities";
const GET = "GET /identities/{id}";
const ISSUE = "POST /identities/{id}/:issueAccessToken";
const DELETE = "DELETE /identities/{id}";

/** What holds for every failure: one or two plain lines, exit code 1, no stack trace, no secret. */
function assertToldPlainly({ code, stdout, stderr }: Result, ...expected: RegExp[]): void {
  for (const pattern of expected) assert.match(stderr, pattern);
  const lines = stderr
    .trimEnd()
    .split("\n")
    .filter((line) => !/^(Still in your resource|The service may have created)/.test(line));
  assert.ok(lines.length <= 2, `more than two lines:\n${stderr}`);
  assert.doesNotMatch(stderr, /^\s+at |^\w*Error:|undefined|\[object/m);
  assert.doesNotMatch(stdout, /undefined|Deleted identities/);
  assert.equal(code, 1);
}

// Most of the time these tests wait: for the SDK to try again, or for a time limit.
describe("a failure", { concurrency: true }, () => {
  describe("a connection string that cannot work", { concurrency: 2 }, () => {
    const form = /endpoint=https:\/\/<your-resource>\.communication\.azure\.com\/;accesskey=<your-access-key>/;
    const malformed = {
      "only the key": KEY,
      "without endpoint=": `https://contoso.communication.azure.com/;accesskey=${KEY}`,
      "without accesskey=": `endpoint=https://contoso.communication.azure.com/;${KEY}`,
      "with an empty endpoint": `endpoint=;accesskey=${KEY}`,
      "with an empty access key": "endpoint=https://contoso.communication.azure.com/;accesskey=",
      "the other way round": `accesskey=${KEY};endpoint=https://contoso.communication.azure.com/`,
      "something else": "c o n t o s o",
      "with two access keys": `endpoint=https://contoso.communication.azure.com;accesskey=${KEY};accesskey=${KEY}`,
    };
    for (const [name, value] of Object.entries(malformed)) {
      test(`${name}: the expected form is shown, and no part of the value`, async () => {
        const result = await runQuickstart({ env: { [VARIABLE]: value } });
        assertToldPlainly(result, new RegExp(`${VARIABLE} is not a connection string`), form);
        assertNoPartOf(value, result);
      });
    }

    const badEndpoints = {
      "not a URL": `endpoint=contoso;accesskey=${KEY}`,
      "http://": `endpoint=http://contoso.communication.azure.com/;accesskey=${KEY}`,
      "with a path": `endpoint=https://contoso.communication.azure.com/identities;accesskey=${KEY}`,
    };
    for (const [name, value] of Object.entries(badEndpoints)) {
      test(`endpoint ${name}: it must be an https URL`, async () => {
        const result = await runQuickstart({ env: { [VARIABLE]: value } });
        assertToldPlainly(result, new RegExp(`The endpoint in ${VARIABLE} must be an https URL`), form);
        assertNoPartOf(value, result);
      });
    }
  });

  describe("a service that cannot be reached", { concurrency: true }, () => {
    test("the host does not exist", async () => {
      const env = { [VARIABLE]: "endpoint=https://contoso.invalid/;accesskey=a2V5" };
      const result = await runQuickstart({ env, preload: "test/support/no-such-host.ts" });
      assertToldPlainly(result, /Could not connect to contoso\.invalid: there is no host of that name/);
    });

    test("the connection is refused", async () => {
      const result = await runQuickstart({ env: { [VARIABLE]: "endpoint=https://localhost:1/;accesskey=a2V5" } });
      assertToldPlainly(result, /Could not connect to localhost:1: the connection was refused/);
    });

    test("its certificate is not trusted", async (t) => {
      const { env } = await emulatorFor(t);
      const result = await runQuickstart({ env: { [VARIABLE]: env[VARIABLE] } });
      assertToldPlainly(result, /Could not connect to localhost:\d+: its certificate is not trusted \(.+\)/);
      assertToldPlainly(result, /proxy/, /NODE_EXTRA_CA_CERTS/);
    });

    test("it does not speak TLS", async (t) => {
      const server = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
      const port = await listen(server);
      t.after(() => server.close());
      const result = await runQuickstart({ env: { [VARIABLE]: `endpoint=https://localhost:${port}/;accesskey=a2V5` } });
      assertToldPlainly(result, new RegExp(`Could not connect to localhost:${port}: there was no agreement on TLS`));
    });

    test("each connection breaks", async (t) => {
      const result = await run(await emulatorFor(t, on("any", "each", dropped)));
      assertToldPlainly(result, /Could not connect to localhost:\d+: the connection was closed before an answer came/);
    });

    test("the proxy's password is not URL-encoded, and the proxy refuses the connection", async (t) => {
      const { env } = await emulatorFor(t);
      const proxy = `http://user:p%ZZ@localhost:${await unusedPort()}`;
      const result = await runQuickstart({ env: { ...env, HTTPS_PROXY: proxy } });
      assertToldPlainly(result, /Could not connect to localhost:\d+: URI malformed/, /HTTPS_PROXY/);
      assert.doesNotMatch(result.stderr, /p%ZZ/);
    });

    const proxies: Record<string, [credentials: string, answer: string | undefined, said: RegExp]> = {
      "never answers": ["", undefined, /timed out/],
      "breaks off its answer": [
        "",
        "HTTP/1.1 407 Authentication Required\r\nContent-Length: 20\r\n\r\n",
        /timed out|407/,
      ],
      "accepts a password that is not URL-encoded": ["user:p%ZZ@", undefined, /URI malformed/],
    };
    for (const [name, [credentials, text, said]] of Object.entries(proxies)) {
      test(`a proxy that ${name} does not make it hang`, async (t) => {
        const server = createServer((socket) =>
          socket.on("error", () => {}).once("data", () => text && socket.write(text)),
        );
        const port = await listen(server);
        t.after(() => server.close());
        const { env } = await emulatorFor(t);
        const result = await runQuickstart({ env: { ...env, HTTPS_PROXY: `http://${credentials}localhost:${port}` } });
        assertToldPlainly(result, said);
      });
    }

    test("the proxy's address is not a URL", async (t) => {
      const { env } = await emulatorFor(t);
      const result = await runQuickstart({ env: { ...env, HTTPS_PROXY: "10.0.0.1:8080" } });
      assertToldPlainly(result, /HTTPS_PROXY/);
    });
  });

  describe("an error that the service answers with", { concurrency: true }, () => {
    test("the access key is wrong: it was rejected, and where to find the right one", async (t) => {
      const emulator = await emulatorFor(t);
      const wrong = emulator.connectionString.replace(/accesskey=.*/, `accesskey=${KEY}`);
      const result = await run(emulator, { [VARIABLE]: wrong });
      assertToldPlainly(result, /rejected the access key \(401 Denied\)/, /Azure portal/, /Settings > Keys/);
      assertNoPartOf(wrong.replace(/^.*accesskey=/, ""), result);
    });

    test("the preview is no longer served: which version was asked for", async (t) => {
      const result = await run(
        await emulatorFor(t, on("any", "each", error(400, "UnsupportedApiVersion", "does not support"))),
      );
      assertToldPlainly(result, /does not offer API version 2025-03-02-preview any more/);
    });

    const operations = { [CREATE]: 0, [GET]: 2, [ISSUE]: 2 };
    for (const [operation, left] of Object.entries(operations)) {
      test(`any other, to ${operation}: its code, status and message, and the request ID`, async (t) => {
        const fault = error(403, "QuotaExceeded", "Too many\nidentities.", { "MS-CV": "c0rrelati0n.0" });
        const emulator = await emulatorFor(t, on(operation, 1, fault));
        const result = await run(emulator);
        assertToldPlainly(result, /answered 403 QuotaExceeded: Too many identities\./, /MS-CV c0rrelati0n\.0/);
        const [failed] = emulator.seen.filter(({ status }) => status === 403);
        assert.match(result.stderr, new RegExp(`request ID: ${failed?.headers["x-ms-client-request-id"]}`));
        assertDeleted(emulator, left);
      });
    }

    const oddErrors: Record<string, [body: unknown, said: RegExp]> = {
      "without a message": [{ error: { code: "Odd" }, token: TOKEN }, /^The service answered 403 Odd\n/],
      "whose message is a number": [{ error: { code: "Odd", message: 5 } }, /^The service answered 403 Odd(: 5)?\n/],
      "whose code is an object": [{ error: { code: {}, message: {} } }, /^The service answered 403\n/],
      "with control characters": [
        { error: { code: "O\u001b[31m\nd\nd", message: "a\r\nb" } },
        /^The service answered 403 O \[31m d d: a b\n/,
      ],
    };
    for (const [name, [body, said]] of Object.entries(oddErrors)) {
      test(`an error ${name} is told in plain lines`, async (t) => {
        const result = await run(await emulatorFor(t, on(CREATE, 1, answer(403, JSON.stringify(body)))));
        assertToldPlainly(result, said);
      });
    }

    test("a page of a proxy: its status, and not the page", async (t) => {
      const result = await run(
        await emulatorFor(t, on(CREATE, 1, answer(407, "<h1>Log in</h1>", { "content-type": "text/html" }))),
      );
      assertToldPlainly(result, /The service answered 407$/m);
      assert.doesNotMatch(result.stderr, /Log in/);
    });

    test("a busy service that asks to wait for an hour: it is not waited for", { timeout: 45_000 }, async (t) => {
      const busy = error(429, "TooManyRequests", "Slow down.", { "Retry-After": "3600" });
      const emulator = await emulatorFor(t, on(ISSUE, "each", busy));
      const result = await run(emulator);
      assertToldPlainly(result, /busy, and asked to wait/);
      assertDeleted(emulator, 2);
    });
  });

  describe("an answer that is not what the API promises", { concurrency: 2 }, () => {
    const html = { "content-type": "text/html" };
    const answers: [name: string, operation: string, which: number, fault: Fault, left: number][] = [
      ["no JSON", CREATE, 1, answer(201, "It works!"), 0],
      ["a page", CREATE, 1, answer(200, "<h1>It works!</h1>", html), 0],
      ["JSON of another content type", CREATE, 1, answer(201, '{"identity":{"id":"8:acs:a_b"}}', html), 0],
      ["no identity", CREATE, 2, answer(201, "{}"), 1],
      ["an identity without an ID", CREATE, 2, answer(201, '{"identity":{}}'), 1],
      ["an ID that is not a string", CREATE, 2, answer(201, '{"identity":{"id":5}}'), 1],
      ["an ID that is an object", CREATE, 2, answer(201, '{"identity":{"id":{}}}'), 1],
      ["null", CREATE, 3, answer(201, "null"), 2],
      ["no details", GET, 1, answer(200, "{}"), 2],
      ["details that are no JSON", GET, 2, answer(200, "{"), 2],
      ["no token", ISSUE, 1, answer(200, "{}"), 2],
      ["a token without an expiry", ISSUE, 1, answer(200, `{"token":"${TOKEN}"}`), 2],
      ["a token with half an expiry", ISSUE, 1, answer(200, `{"token":"${TOKEN}","expiresOn":"tomorrow"}`), 2],
      ["a token in no JSON", ISSUE, 1, answer(200, `{"token":"${TOKEN}"`), 2],
      ["a redirection", GET, 1, answer(302, "", { location: "https://localhost:1/" }), 2],
    ];
    for (const [name, operation, which, fault, left] of answers) {
      test(`${name}, to ${operation}: it was not understood`, async (t) => {
        const emulator = await emulatorFor(t, on(operation, which, fault));
        const result = await run(emulator);
        assertToldPlainly(result, /The answer was not understood: /, new RegExp(operation.replace(/[{}/]/g, "\\$&")));
        assert.doesNotMatch(result.stderr, /It works|Still in your resource/);
        assertDeleted(emulator, left);
      });
    }
  });

  test("an identity in an answer of an unexpected status is deleted", async (t) => {
    const accepted: Fault = async (c, next) => {
      await next();
      return new Response(c.res.body, { status: 202, headers: c.res.headers });
    };
    const emulator = await emulatorFor(t, on(CREATE, 2, accepted));
    const result = await run(emulator);
    assertToldPlainly(result, /The answer was not understood: POST \/identities was answered with status 202/);
    assertDeleted(emulator, 2);
  });

  describe("a service that is too slow", { concurrency: true }, () => {
    for (const [name, fault] of Object.entries({ "is never answered": silent, "is never answered in full": stalled })) {
      test(`a request ${name}: it timed out`, async (t) => {
        let [began, ended] = [0, 0];
        const timed: Fault = (c, next) => {
          began = performance.now();
          c.env.incoming.socket.once("close", () => {
            ended = performance.now();
          });
          return fault(c, next);
        };
        const emulator = await emulatorFor(t, on(CREATE, 2, timed));
        const result = await run(emulator);
        assertToldPlainly(
          result,
          /timed out: no answer within 10 seconds/,
          /^The service may have created an identity/m,
        );
        assert.ok(ended - began > 5000 && ended - began < 15_000, `the try took ${ended - began} ms`);
        assertDeleted(emulator, 1);
      });
    }

    test("a service that has gone away: the run ends within half a minute, and says what is left", async (t) => {
      const emulator = await emulatorFor(
        t,
        on("any", "each", async (c, next) => {
          if (emulator.identities.size === 2) return silent(c, next);
          await next();
          return undefined;
        }),
      );
      const result = await run(emulator);
      assertToldPlainly(result, /timed out/);
      assertLeft(emulator, result);
      assert.equal(emulator.identities.size, 2);
      assert.ok(timeAfterFailure(emulator, result) < 30_000, "took more than half a minute");
    });
  });

  test("a service that stays busy: the cleanup does not wait for long, and says what is left", async (t) => {
    const failing = on(ISSUE, 1, error(403, "Forbidden"));
    const busy = on(DELETE, "each", error(503, "Busy", "Busy.", { "Retry-After": "8" }));
    const emulator = await emulatorFor(t, (c, next) => (c.req.method === "DELETE" ? busy(c, next) : failing(c, next)));
    const result = await run(emulator);
    assertToldPlainly(result, /answered 403 Forbidden/);
    assertLeft(emulator, result);
    assert.equal(emulator.identities.size, 2);
    assert.ok(timeAfterFailure(emulator, result) < 20_000, "took more than 20 seconds");
  });

  describe("AZURE_LOG_LEVEL=verbose", { concurrency: 2 }, () => {
    const cases: Record<string, MiddlewareHandler | undefined> = {
      "a run that succeeds": undefined,
      "an error": on(ISSUE, 1, error(403, "Forbidden")),
      "a token in no JSON": on(ISSUE, 1, answer(200, `{"token":"${TOKEN}"`)),
      "a broken connection": on(ISSUE, 1, dropped),
    };
    for (const [name, fault] of Object.entries(cases)) {
      test(`${name}: the SDK's log is shown, without secrets`, async (t) => {
        const emulator = await emulatorFor(t, fault);
        const { stderr } = await run(emulator, { AZURE_LOG_LEVEL: "verbose" });
        assert.match(stderr, /Request: \{\n/);
        assert.match(stderr, /"authorization": "REDACTED"/i);
        assertDeleted(emulator, 2);
      });
    }

    test("a wrong access key", async (t) => {
      const emulator = await emulatorFor(t);
      const wrong = emulator.connectionString.replace(/accesskey=.*/, `accesskey=${KEY}`);
      const { code } = await run(emulator, { [VARIABLE]: wrong, AZURE_LOG_LEVEL: "verbose" });
      assert.equal(code, 1);
    });
  });

  describe("a delete that fails", { concurrency: 2 }, () => {
    for (const [which, name] of [
      [1, "the standard identity's"],
      [2, "the BYODI identity's"],
    ] as const) {
      test(`${name}: the others go all the same, each once, and it is said which one is left`, async (t) => {
        const emulator = await emulatorFor(t, on(DELETE, which, error(403, "Forbidden", "Not allowed.")));
        const result = await run(emulator);
        assertToldPlainly(result, /answered 403 Forbidden: Not allowed\./);
        assertLeft(emulator, result);
        assert.equal(emulator.identities.size, 1);
        assertEachDeletedOnce(emulator, 2);
      });
    }

    test("an identity that the resource does not have, at the first try: it is told", async (t) => {
      const emulator = await emulatorFor(t, on(DELETE, 1, error(401, "IdentityNotOwned")));
      const result = await run(emulator);
      assertToldPlainly(result, /answered 401 IdentityNotOwned/);
      assertLeft(emulator, result);
    });

    test("every one, after a step that failed: it is said which ones are left", async (t) => {
      const denied = on(DELETE, "each", error(403, "Forbidden"));
      const failing = on(ISSUE, 1, error(400, "ValidationError"));
      const emulator = await emulatorFor(t, (c, next) =>
        c.req.method === "DELETE" ? denied(c, next) : failing(c, next),
      );
      const result = await run(emulator);
      assertToldPlainly(result, /answered 400 ValidationError/);
      assertLeft(emulator, result);
      assert.equal(emulator.identities.size, 2);
      assertEachDeletedOnce(emulator, 2);
    });

    test("after the IDs differed: the other two go", async (t) => {
      const differing = on(CREATE, 3, async (c) => c.json({ identity: emulator.identities.create() }, 201));
      const denied = on(DELETE, 2, error(403, "Forbidden"));
      const emulator = await emulatorFor(t, (c, next) =>
        c.req.method === "DELETE" ? denied(c, next) : differing(c, next),
      );
      const result = await run(emulator);
      assert.match(result.stdout, /Custom ID \(second call\): \(none\)\n\nValidation failed/);
      assertToldPlainly(result, /answered 403 Forbidden/);
      assertLeft(emulator, result);
      assert.equal(emulator.identities.size, 1);
      assertEachDeletedOnce(emulator, 3);
    });
  });

  test("a reader that goes away, as in `npm start | head -1`, does not leave identities behind", async (t) => {
    const emulator = await emulatorFor(t, on(CREATE, 2, delayed(300)));
    const { child, ended } = startQuickstart({ env: emulator.env });
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { stderr } = await ended;
    assert.equal(stderr, "");
    assertDeleted(emulator, 2);
  });
});

/** Checks that an output has nothing of a value, beyond what the form to be followed has too. */
function assertNoPartOf(value: string, { stdout, stderr }: Result): void {
  const parts = value
    .split(/[;=/ ]+|\.communication\.azure\.com/)
    .filter((part) => part.length > 3 && !/^(endpoint|accesskey|https?:)$/.test(part));
  for (const part of parts) assert.ok(!`${stdout}${stderr}`.includes(part), `prints ${part}`);
}

/** Checks that every identity that was created was deleted, each once. */
function assertDeleted(emulator: TestEmulator, created: number): void {
  assert.equal(emulator.identities.size, 0);
  assertEachDeletedOnce(emulator, created);
}

function assertEachDeletedOnce({ seen }: TestEmulator, expected: number): void {
  const deleted = seen.filter(({ operation }) => operation === DELETE).map(({ url }) => url);
  assert.equal(deleted.length, expected);
  assert.equal(new Set(deleted).size, expected);
}

/** Checks that the identities that are left are named, and no others. */
function assertLeft({ identities }: TestEmulator, { stderr }: Result): void {
  const [, left = ""] = /^Still in your resource.*: (8:acs:.*)$/m.exec(stderr) ?? [];
  assert.deepEqual(left.split(" ").sort(), [...identities].sort());
}
