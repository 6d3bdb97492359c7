import assert from "node:assert/strict";
import { describe } from "node:test";
import { createPipelineRequest, RestError } from "@azure/core-rest-pipeline";
import { explainError } from "../../src/explain-error.ts";
import { brokenOff, dropped, error, type Fault, respond } from "../support/faults.ts";
import { listen } from "../support/listen.ts";
import { CommunicationIdentityClient, clientOf } from "../support/test-client.ts";
import { CREATE, test } from "../support/test-emulator.ts";

const retryOptions = { maxRetries: 0 };
const html = { "content-type": "text/html" };

/** Explains the error of a call that fails, and checks what holds for every explanation. Leaves out the call's name. */
async function explain(call: Promise<unknown>): Promise<string> {
  const thrown: unknown = await call.then(
    () => assert.fail(),
    (thrown: unknown) => thrown,
  );
  const explanation = explainError(thrown) ?? "";
  assert.match(explanation, /^[^\n]+\n[^\n]+$/);
  assert.doesNotMatch(explanation, /undefined|\[object|eyJ|c2Vj|secret/);
  return explanation.replace(/^POST \/identities on (127\.0\.0\.1|localhost):\d+ /, "… ");
}

describe("an explanation", () => {
  const faults: Record<string, [fault: Fault, expected: RegExp]> = {
    "several identities": [error(409, "MultipleIdentitiesForCustomId", "A."), /^… returned 409 M.*: A\.\nThe resource/],
    "a credential": [
      error(401, "Denied", "No."),
      /^… returned 401 Denied: No\.\n.*access key .* or the role .*clock\.$/,
    ],
    "an API version": [error(400, "UnsupportedApiVersion"), /\nBYODI needs .* See "Preview status" in README\.md\.$/],
    "any other error": [error(403, "Quota", "Too\nmany."), /^… returned 403 Quota: Too many\.\n.*ID: \S+, MS-CV \S+$/],
    "a message that is a number": [respond(403, '{"error":{"code":"Odd","message":5}}'), /^… returned 403 Odd\n/],
    "a code that is a method": [error(403, "constructor"), /^… returned 403 constructor: constructor\n.*request ID/],
    "a code that is an object": [respond(403, '{"error":{"code":{}}}'), /^… returned 403 with an unexpected body\.\n/],
    "control characters": [error(403, "O\u001b[31m\nd", "a\r\n\u202eb"), /^… returned 403 O \[31m d: a b\n/],
    "a proxy's page": [respond(407, "<h1>secret</h1>", html), /^… returned 407 with an unexpected body\.\n.*proxy/],
    "a sign-in page": [respond(201, "<h1>secret</h1>", html), /^… returned 201 with an unexpected body\.\n.*proxy/],
    "a token in invalid JSON": [respond(200, '{"token":"eyJhbGciOiJ9.a"'), /^… returned 200 with an unexpected body/],
    "a connection that is closed": [dropped, /^… failed: .+\.\nCheck the endpoint/],
    "a response that breaks off": [brokenOff, /^A call failed: Error reading response as text: aborted\.\nCheck/],
  };
  for (const [name, [fault, expected]] of Object.entries(faults)) {
    test(`of ${name}`, async (emulator) => {
      emulator.on(CREATE, 1, fault);
      assert.match(await explain(clientOf(emulator, { retryOptions }).createUser()), expected);
    });
  }

  test("of a certificate that isn't trusted", async (emulator) => {
    const call = clientOf(emulator, { tlsOptions: {}, retryOptions }).createUser();
    assert.match(await explain(call), /^… failed: the certificate isn't trusted \(.+\)\.\n.*CA_CERTS/);
  });

  test("of a server that doesn't speak TLS, and of a proxy that refuses the connection", async (_, t) => {
    const host = await listen(t, (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    // Nothing listens on port 1.
    const proxyOptions = { host: "http://localhost", port: 1, username: "user", password: "secret" };
    for (const [options, expected] of [
      [{ retryOptions }, /^… failed: the TLS handshake failed\.\nCheck the endpoint/],
      [{ retryOptions, proxyOptions }, /^… through the proxy localhost:1 failed: .*ECONNREFUSED.*\.\n.*HTTPS_PROXY/],
    ] as const) {
      const client = new CommunicationIdentityClient(`https://${host}`, { key: "a2V5" }, options);
      assert.match(await explain(client.createUser()), expected);
    }
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
