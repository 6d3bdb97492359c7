import assert from "node:assert/strict";
import { describe } from "node:test";
import type { CommunicationIdentityClientOptions } from "@azure/communication-identity";
import { createPipelineRequest, RestError } from "@azure/core-rest-pipeline";
import { explainError } from "../../src/explain-error.ts";
import { brokenOff, dropped, error, type Fault, respond } from "../support/faults.ts";
import { listen } from "../support/listen.ts";
import { CommunicationIdentityClient, clientOf } from "../support/test-client.ts";
import { CREATE, test } from "../support/test-emulator.ts";

const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJza3lwZWlkIjoic2VjcmV0In0.c2VjcmV0LXNpZ25hdHVyZQ";
const retryOptions = { maxRetries: 0 };

/** Explains the error of a call that fails, and checks what holds for every explanation. */
async function explain(call: Promise<unknown>): Promise<string> {
  const thrown: unknown = await call.then(
    () => assert.fail("the call succeeded"),
    (thrown: unknown) => thrown,
  );
  const explanation = explainError(thrown) ?? "";
  assert.match(explanation, /^[^\n]+\n[^\n]+$/);
  assert.doesNotMatch(explanation, /undefined|\[object|eyJ|c2Vj|secret/);
  return explanation;
}

describe("an explanation", () => {
  const service: Record<string, [fault: Fault, expected: RegExp]> = {
    "a custom ID that has several identities": [
      error(409, "MultipleIdentitiesForCustomId", "Several."),
      /^POST \/identities on 127\.0\.0\.1:\d+ returned 409 MultipleIdentitiesForCustomId: Several\.\nThe resource has several/,
    ],
    "a rejected credential": [
      error(401, "Denied"),
      /returned 401 Denied: Denied\n.*access key .* or the role of .*clock\.$/,
    ],
    "an API version that isn't supported": [
      error(400, "UnsupportedApiVersion", "… does not support the API version '2025-03-02-preview'."),
      /^.*2025-03-02-preview'\.\nBYODI needs API version .* See "Preview status" in README\.md\.$/,
    ],
    "any other error": [
      error(403, "QuotaExceeded", "Too many\nidentities."),
      /returned 403 QuotaExceeded: Too many identities\.\n.*request ID: \S+, MS-CV \S+$/,
    ],
    "a message that is a number": [respond(403, '{"error":{"code":"Odd","message":5}}'), /returned 403 Odd\n/],
    "a code that is also a method": [error(403, "constructor"), /returned 403 constructor: constructor\n.*request ID/],
    "a code that is an object": [respond(403, '{"error":{"code":{}}}'), /returned 403 with an unexpected body\.\n/],
    "control characters": [
      respond(403, JSON.stringify({ error: { code: "O\u001b[31m\nd", message: "a\r\n\u202eb" } })),
      /returned 403 O \[31m d: a b\n/,
    ],
    "a proxy's page": [
      respond(407, "<h1>secret</h1>", { "content-type": "text/html" }),
      /returned 407 with an unexpected body\.\n.*proxy/,
    ],
    "a sign-in page with a status of success": [
      respond(201, "<h1>secret</h1>", { "content-type": "text/html" }),
      /^POST \/identities on \S+ returned 201 with an unexpected body\.\n.*proxy/,
    ],
    "a token in a response that isn't JSON": [
      respond(200, `{"token":"${TOKEN}"`),
      /returned 200 with an unexpected body/,
    ],
    "a connection that is closed": [dropped, /^POST \/identities on 127\.0\.0\.1:\d+ failed: .+\.\nCheck the endpoint/],
    "a response that breaks off": [brokenOff, /^A call failed: Error reading response as text: aborted\.\nCheck/],
  };
  for (const [name, [fault, expected]] of Object.entries(service)) {
    test(`of ${name}`, async (emulator) => {
      emulator.on(CREATE, 1, fault);
      assert.match(await explain(clientOf(emulator, { retryOptions }).createUser()), expected);
    });
  }

  test("of a certificate that isn't trusted", async (emulator) => {
    const call = clientOf(emulator, { tlsOptions: {}, retryOptions }).createUser();
    assert.match(await explain(call), /^POST \S+ on \S+ failed: the certificate isn't trusted \(.+\)\.\n.*CA_CERTS/);
  });

  test("of a server that doesn't speak TLS, and of a proxy that refuses the connection", async (_, t) => {
    const host = await listen(t, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const connect = (options: CommunicationIdentityClientOptions) =>
      new CommunicationIdentityClient(`https://${host}`, { key: "a2V5" }, options);
    const direct = await explain(connect({ retryOptions }).createUser());
    assert.match(direct, /^POST \S+ on \S+ failed: the TLS handshake failed\.\nCheck the endpoint/);
    // Nothing listens on port 1.
    const proxyOptions = { host: "http://localhost", port: 1, username: "user", password: "secret" };
    const proxy = await explain(connect({ retryOptions, proxyOptions }).createUser());
    assert.match(proxy, /^POST \S+ on \S+ through the proxy localhost:1 failed: .*ECONNREFUSED.*\.\n.*HTTPS_PROXY/);
  });

  test("of a sign-in that fails in @azure/identity", async ({ endpoint }) => {
    const message = `ChainedTokenCredential authentication failed.\n${"CredentialUnavailableError: …\n".repeat(106)}`;
    const names = ["CredentialUnavailableError", "AuthenticationError", "AuthenticationRequiredError"];
    for (const name of ["AggregateAuthenticationError", ...names]) {
      const credential = { getToken: () => Promise.reject(Object.assign(new Error(message), { name })) };
      const call = new CommunicationIdentityClient(endpoint, credential, { retryOptions }).createUser();
      const expected = /^Could not sign in .*: Chained\w+ authentication failed\. .{250,300}\n.*"az login"/;
      assert.match(await explain(call), expected);
    }
  });

  test("of an error with an empty message, as for a host with several addresses", () => {
    const error = new RestError("", { code: "ENETUNREACH", request: createPipelineRequest({ url: "https://[::1]/" }) });
    assert.match(explainError(error) ?? "", /^GET \/ on \[::1\] failed: ENETUNREACH\.\n/);
  });

  test("there is none for a bug, nor for a call that was aborted", async (emulator) => {
    const client = clientOf(emulator);
    const aborted: unknown = await client.createUser({ abortSignal: AbortSignal.abort() }).catch((thrown) => thrown);
    const fetched: unknown = await fetch("https://127.0.0.1:1").catch((thrown) => thrown);
    for (const bug of [aborted, fetched, new Error("mine"), "a string", null, undefined]) {
      assert.equal(explainError(bug), undefined);
    }
  });
});
