import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type CommunicationIdentityClientOptions,
  CommunicationIdentityClient as StableClient,
} from "@azure/communication-identity";
import { isRestError, type PipelinePolicy, RestError } from "@azure/core-rest-pipeline";
import type * as preview from "../src/communication-identity-preview";
import { CommunicationIdentityClient } from "../src/communication-identity-preview";
import { emulatorFor, type TestEmulator } from "./support/emulator";
import { dropped, error, on, silent } from "./support/faults";

// The SDK in this process is not to look for its emulator behind a proxy.
for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) delete process.env[name];

const GET = "GET /identities/{id}";
const CREATE = "POST /identities";

function clientOf({ connectionString, ca }: TestEmulator, options: CommunicationIdentityClientOptions = {}) {
  return new CommunicationIdentityClient(connectionString, { tlsOptions: { ca }, ...options });
}

describe("the preview client", { concurrency: true }, () => {
  test("is the SDK's client, with the beta's names and types", async (t) => {
    const client = clientOf(await emulatorFor(t));
    assert.ok(client instanceof StableClient);
    const options: preview.CreateUserOptions = { customId: "alice@contoso.com" };
    const user = await client.createUser(options);
    const detail: preview.CommunicationUserDetail = await client.getUserDetail(user);
    assert.deepEqual(detail, { user, customId: "alice@contoso.com" });
  });

  test("creates a new identity with each call without a custom ID, which has none then", async (t) => {
    const client = clientOf(await emulatorFor(t));
    const users = [await client.createUser(), await client.createUser({})];
    assert.notEqual(users[0]?.communicationUserId, users[1]?.communicationUserId);
    for (const user of users) assert.deepEqual(await client.getUserDetail(user), { user });
  });

  test("creates one identity for each custom ID", async (t) => {
    const client = clientOf(await emulatorFor(t));
    const alice = await client.createUser({ customId: "alice" });
    assert.deepEqual(await client.createUser({ customId: "alice" }), alice);
    assert.notDeepEqual(await client.createUser({ customId: "Alice" }), alice);
  });

  test("tells when a token was last issued, as a Date to the second", async (t) => {
    const client = clientOf(await emulatorFor(t));
    const user = await client.createUser({ customId: "alice" });
    const before = Math.floor(Date.now() / 1000) * 1000;
    await client.getToken(user, ["chat"]);
    const { lastTokenIssuedAt } = await client.getUserDetail(user);
    assert.ok(lastTokenIssuedAt instanceof Date);
    assert.equal(lastTokenIssuedAt.getMilliseconds(), 0);
    assert.ok(lastTokenIssuedAt.getTime() >= before && lastTokenIssuedAt.getTime() <= Date.now());
  });

  test("asks for the preview, signed and with the SDK's name, in every call, over one connection", async (t) => {
    const emulator = await emulatorFor(t);
    const client = clientOf(emulator);
    const user = await client.createUser({ customId: "alice" });
    const { user: other } = await client.createUserAndToken(["voip"]);
    await client.getUserDetail(user);
    await client.getToken(user, ["chat"], { tokenExpiresInMinutes: 60 });
    await client.revokeTokens(user);
    await client.deleteUser(user);
    await client.deleteUser(other);
    assert.equal(emulator.seen.length, 7);
    for (const { url, headers, status } of emulator.seen) {
      assert.match(url, /^[^?]+\?api-version=2025-03-02-preview$/);
      assert.match(headers["user-agent"] ?? "", /^azsdk-js-communication-identity\/\S+ core-rest-pipeline\//);
      assert.ok(status < 300, "the emulator denies what is not signed");
    }
    assert.equal(emulator.connections, 1);
  });

  test("puts the caller's prefix into the user agent", async (t) => {
    const emulator = await emulatorFor(t);
    const client = clientOf(emulator, { userAgentOptions: { userAgentPrefix: "contoso/1.0" } });
    const user = await client.createUser({ customId: "alice" });
    await client.deleteUser(user);
    for (const { headers } of emulator.seen) {
      assert.match(headers["user-agent"] ?? "", /^contoso\/1\.0 azsdk-js-communication-identity\/\S+ /);
    }
  });

  test("throws the same RestError as the SDK's own calls", async (t) => {
    const emulator = await emulatorFor(t);
    const client = clientOf(emulator);
    const stranger = { communicationUserId: "8:acs:stranger" };
    const [ours, theirs] = await Promise.all([
      client.getUserDetail(stranger).catch((error: unknown) => error),
      client.deleteUser(stranger).catch((error: unknown) => error),
    ]);
    for (const error of [ours, theirs]) {
      assert.ok(error instanceof RestError && isRestError(error));
      assert.equal(error.name, "RestError");
      assert.equal(error.statusCode, 401);
      assert.equal(error.code, "IdentityNotOwned");
      assert.equal(error.message, "Provided identity doesn't belong to the resource.");
      assert.deepEqual(error.details, { error: { code: error.code, message: error.message } });
    }
    const target = "CustomId";
    const message = "CustomId must be a string of 1 to 256 characters.";
    const details = { error: { code: "ValidationError", message, target } };
    const expected = { name: "RestError", statusCode: 400, code: "ValidationError", message, details };
    await assert.rejects(client.createUser({ customId: "x".repeat(257) }), expected);
  });

  test("retries the BYODI calls as the options say", async (t) => {
    const emulator = await emulatorFor(t, on("any", "each", dropped));
    const client = clientOf(emulator, { retryOptions: { maxRetries: 2, retryDelayInMs: 1 } });
    await assert.rejects(client.createUser({ customId: "alice" }), { code: "ECONNRESET" });
    await assert.rejects(client.getUserDetail({ communicationUserId: "8:acs:a_b" }), { code: "ECONNRESET" });
    assert.deepEqual(
      emulator.seen.map(({ operation }) => operation),
      [CREATE, CREATE, CREATE, GET, GET, GET],
    );
  });

  test("ends the BYODI calls with the caller's abortSignal, and with the timeout in requestOptions", async (t) => {
    const client = clientOf(await emulatorFor(t, on("any", "each", silent)));
    const user = { communicationUserId: "8:acs:a_b" };
    for (const options of [{ abortSignal: AbortSignal.timeout(200) }, { requestOptions: { timeout: 200 } }]) {
      await Promise.all([
        assert.rejects(client.createUser({ customId: "alice", ...options }), { name: "AbortError" }),
        assert.rejects(client.getUserDetail(user, options), { name: "AbortError" }),
      ]);
    }
  });

  test("lets the BYODI calls through the caller's policies, once a call or once a try", async (t) => {
    const emulator = await emulatorFor(t, on(GET, 1, error(503, "ServiceUnavailable")));
    const policy = (name: string): PipelinePolicy => ({
      name,
      sendRequest(request, next) {
        request.headers.set(name, String(Number(request.headers.get(name) ?? 0) + 1));
        return next(request);
      },
    });
    const client = clientOf(emulator, {
      retryOptions: { retryDelayInMs: 1 },
      additionalPolicies: [
        { policy: policy("x-calls"), position: "perCall" },
        { policy: policy("x-tries"), position: "perRetry" },
      ],
    });
    const user = await client.createUser({ customId: "alice" });
    await client.getUserDetail(user);
    assert.deepEqual(
      emulator.seen.map(({ headers }) => [headers["x-calls"], headers["x-tries"]]),
      [
        ["1", "1"],
        ["1", "1"],
        ["1", "2"],
      ],
    );
  });

  test("passes the raw answers of the BYODI calls to onResponse", async (t) => {
    const client = clientOf(await emulatorFor(t));
    const statuses: number[] = [];
    const options = { onResponse: ({ status }: { status: number }) => statuses.push(status) };
    const user = await client.createUser({ customId: "alice", ...options });
    await client.getUserDetail(user, options);
    assert.deepEqual(statuses, [201, 200]);
  });

  test("refuses a malformed connection string, as the SDK's own client does", () => {
    assert.throws(() => new CommunicationIdentityClient("contoso"), /Invalid connection string/);
  });
});
