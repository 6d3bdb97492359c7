import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import type { CommunicationIdentityClientOptions } from "@azure/communication-identity";
import { type PipelinePolicy, RestError } from "@azure/core-rest-pipeline";
import { explainError } from "../../src/explain-error.ts";
import { brokenOff, dropped, error, type Fault, respond } from "../support/faults.ts";
import { CommunicationIdentityClient, clientOf } from "../support/test-client.ts";
import { CREATE, ISSUE, startTestEmulator } from "../support/test-emulator.ts";

const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJza3lwZWlkIjoic2VjcmV0In0.c2VjcmV0LXNpZ25hdHVyZQ";
const retryOptions = { maxRetries: 0 };

/** Explains the error of a call that fails, and checks what holds for every explanation. */
async function explain(call: Promise<unknown>): Promise<string> {
  const thrown: unknown = await call.then(
    () => assert.fail("the call succeeded"),
    (thrown: unknown) => thrown,
  );
  const explanation = explainError(thrown, true) ?? "";
  assert.match(explanation, /^[^\n]+\n[^\n]+$/);
  assert.doesNotMatch(explanation, /undefined|\[object|eyJ|c2Vj|secret/);
  return explanation;
}

describe("an explanation", () => {
  const service: Record<string, [fault: Fault, expected: RegExp]> = {
    "a custom ID that has several identities": [
      error(409, "MultipleIdentitiesForCustomId", "Several."),
      /^The service responded with 409 MultipleIdentitiesForCustomId: Several\.\nCreating it in several calls/,
    ],
    "the same with another status": [error(400, "MultipleIdentitiesForCustomId"), /\nCreating it in several calls/],
    "an identity that is not there": [
      error(401, "IdentityNotOwned"),
      /\n.*Another run may have deleted it meanwhile\.$/,
    ],
    "an API version that is not supported": [
      error(400, "UnsupportedApiVersion", "… does not support the API version '2025-03-02-preview'."),
      /^.*2025-03-02-preview'\.\nNo other version is known to have custom IDs: see «What has become of BYODI» in README/,
    ],
    "any other error": [
      error(403, "QuotaExceeded", "Too many\nidentities."),
      /^The service responded with 403 QuotaExceeded: Too many identities\.\n.*request ID: \S+, MS-CV \S+$/,
    ],
    "an error without a message": [respond(403, '{"error":{"code":"Odd"}}'), /^The service responded with 403 Odd\n/],
    "a message that is a number": [respond(403, '{"error":{"code":"Odd","message":5}}'), /403 Odd\n/],
    "a code that is an object": [
      respond(403, '{"error":{"code":{},"message":{}}}'),
      /^The response has status 403, but/,
    ],
    "control characters": [
      respond(403, JSON.stringify({ error: { code: "O\u001b[31m\nd", message: "a\r\nb" } })),
      /^The service responded with 403 O \[31m d: a b\n/,
    ],
    "a proxy's page": [
      respond(407, "<h1>secret</h1>", { "content-type": "text/html" }),
      /^The response has status 407, but not the form of the Identity service's responses\.\n.*proxy/,
    ],
    "a connection that is closed": [dropped, /^No complete response from 127\.0\.0\.1:\d+: .*\(ECONNRESET\)\.\n/],
    "a response that breaks off": [brokenOff, /^No complete response from .* \(PARSE_ERROR\)\.\n/],
  };
  for (const [name, [fault, expected]] of Object.entries(service)) {
    test(`of ${name}`, async (t) => {
      const emulator = await startTestEmulator(t);
      emulator.on(CREATE, 1, fault);
      assert.match(await explain(clientOf(emulator, { retryOptions }).createUser()), expected);
    });
  }

  test("of a token in a response that is not JSON: does not show it", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(ISSUE, 1, respond(200, `{"token":"${TOKEN}"`));
    const client = clientOf(emulator);
    const call = client.getToken(await client.createUser(), ["chat"]);
    assert.match(await explain(call), /^The response has status 200, but not the form/);
  });

  test("of a certificate that is not trusted", async (t) => {
    const call = clientOf(await startTestEmulator(t), { tlsOptions: {}, retryOptions }).createUser();
    assert.match(await explain(call), /^Could not connect to \S+: its certificate is not trusted \(.+\)\.\n.*CA_CERTS/);
  });

  test("of a server that does not speak TLS", async (t) => {
    const server = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    t.after(() => server.close());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = Object(server.address());
    const call = connect(`https://127.0.0.1:${port}`).createUser();
    assert.match(await explain(call), /^Could not connect to 127\.0\.0\.1:\d+: the TLS handshake failed \(\w+\)\.\n/);
  });

  // Nothing listens on port 1.
  const network: Record<string, [options: CommunicationIdentityClientOptions, expected: RegExp]> = {
    "a connection that is refused": [
      {},
      /^Could not connect to 127\.0\.0\.1:1: the connection was refused \(ECONNREFUSED\)\.\nCheck the endpoint/,
    ],
    "a host that does not exist": [
      { additionalPolicies: [{ position: "perCall", policy: noSuchHost() }] },
      /^Could not connect to 127\.0\.0\.1:1: no host has this name \(ENOTFOUND\)\.\n/,
    ],
    "a proxy that refuses the connection": [
      { proxyOptions: { host: "http://localhost", port: 1, username: "user", password: "secret" } },
      /^Could not connect to the proxy localhost:1: the connection was refused \(ECONNREFUSED\)\.\n.*HTTPS_PROXY/,
    ],
  };
  for (const [name, [options, expected]] of Object.entries(network)) {
    test(`of ${name}`, async () => {
      assert.match(await explain(connect("https://127.0.0.1:1", options).createUser()), expected);
    });
  }

  test("of a proxy variable that is not a URL: names the variable and not its value", () => {
    process.env.ALL_PROXY = "10.0.0.1:8080";
    try {
      connect("https://127.0.0.1:1");
      assert.fail("the client was created");
    } catch (thrown) {
      assert.equal(explainError(thrown, false), "ALL_PROXY is not a URL. It must have the form http://<host>:<port>");
    } finally {
      delete process.env.ALL_PROXY;
    }
  });

  test("there is none for an invalid URL that a line of the program has", () => {
    process.env.HTTPS_PROXY = "";
    assert.throws(
      () => new URL(""),
      (thrown) => explainError(thrown, false) === undefined,
    );
    delete process.env.HTTPS_PROXY;
  });

  test("there is none for a bug, nor for a call that was aborted", async (t) => {
    const client = clientOf(await startTestEmulator(t));
    const aborted: unknown = await client.createUser({ abortSignal: AbortSignal.abort() }).catch((thrown) => thrown);
    const fetched: unknown = await fetch("https://127.0.0.1:1").catch((thrown) => thrown);
    for (const bug of [aborted, fetched, new Error("mine"), new RestError("mine"), "a string", null]) {
      assert.equal(explainError(bug, false), undefined);
    }
    assert.equal(explainError(aborted, true), undefined);
    assert.throws(
      () => new URL("bob"),
      (thrown) => explainError(thrown, false) === undefined,
    );
  });
});

function connect(endpoint: string, options: CommunicationIdentityClientOptions = {}) {
  return new CommunicationIdentityClient(endpoint, { key: "a2V5" }, { retryOptions, ...options });
}

/** Looks up no name with a name server: tests leave the network alone. */
function noSuchHost(): PipelinePolicy {
  const lookup = (host: string, _: unknown, callback: (error: Error) => void) =>
    callback(Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: "ENOTFOUND" }));
  return {
    name: "noSuchHost",
    sendRequest(request, next) {
      request.requestOverrides = { lookup, hostname: "contoso.invalid" };
      return next(request);
    },
  };
}
