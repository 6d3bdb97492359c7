import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CommunicationIdentityClient as StableClient } from "@azure/communication-identity";
import { isRestError, type PipelinePolicy, RestError } from "@azure/core-rest-pipeline";
import { dropped, error, respond, silent } from "../support/faults.ts";
import { CommunicationIdentityClient, clientOf } from "../support/test-client.ts";
import { CREATE, GET, ISSUE, startTestEmulator } from "../support/test-emulator.ts";

const STRANGER = { communicationUserId: "8:acs:stranger" };

describe("the preview client", () => {
  test("creates one identity for each custom ID, and a new one for each call without", async (t) => {
    const client = clientOf(await startTestEmulator(t));
    assert.ok(client instanceof StableClient);
    const alice = await client.createUser({ customId: "alice" });
    assert.deepEqual(await client.createUser({ customId: "alice" }), alice);
    assert.notDeepEqual(await client.createUser({ customId: "Alice" }), alice);
    assert.notDeepEqual(await client.createUser(), await client.createUser({}));
  });

  test("reads an identity's custom ID and when a token was last issued, if any", async (t) => {
    const client = clientOf(await startTestEmulator(t));
    const plain = await client.createUser();
    assert.deepEqual(await client.getUserDetail(plain), { user: plain });
    const user = await client.createUser({ customId: "alice" });
    assert.deepEqual(await client.getUserDetail(user), { user, customId: "alice" });
    const before = Math.floor(Date.now() / 1000) * 1000;
    await client.getToken(user, ["chat"]);
    const { lastTokenIssuedAt } = await client.getUserDetail(user);
    assert.ok(lastTokenIssuedAt instanceof Date);
    assert.ok(lastTokenIssuedAt.getTime() >= before && lastTokenIssuedAt.getTime() <= Date.now());
  });

  test("creates an identity and a token in one request, twice with the same custom ID", async (t) => {
    const emulator = await startTestEmulator(t);
    const client = clientOf(emulator);
    const began = Date.now();
    const first = await client.createUserAndToken(["chat"], { customId: "alice", tokenExpiresInMinutes: 60 });
    const second = await client.createUserAndToken(["chat", "voip"], { customId: "alice" });
    assert.deepEqual(second.user, first.user);
    assert.equal((await client.getUserDetail(second.user)).customId, "alice");
    assert.match(second.token, /^\S+\.\S+\.\S+$/);
    for (const [{ expiresOn }, minutes] of [
      [first, 60],
      [second, 1440],
    ] as const) {
      assert.ok(
        expiresOn.getTime() >= began + minutes * 60_000 && expiresOn.getTime() <= Date.now() + minutes * 60_000,
      );
    }
    assert.deepEqual(
      emulator.seen.map(({ operation, body }) => [operation, body]),
      [
        [CREATE, '{"customId":"alice","createTokenWithScopes":["chat"],"expiresInMinutes":60}'],
        [CREATE, '{"customId":"alice","createTokenWithScopes":["chat","voip"]}'],
        [GET, ""],
      ],
    );
  });

  test("takes an endpoint and a KeyCredential", async (t) => {
    const { endpoint, connectionString, ca } = await startTestEmulator(t);
    const key = connectionString.replace(/^.*accesskey=/, "");
    const client = new CommunicationIdentityClient(endpoint, { key }, { tlsOptions: { ca } });
    const user = await client.createUser({ customId: "alice" });
    await client.deleteUser(user);
  });

  test("takes an endpoint and a TokenCredential, whose token it sends to the endpoint only", async (t) => {
    const [emulator, other] = [await startTestEmulator(t), await startTestEmulator(t)];
    const scopes: (string | string[])[] = [];
    const credential = {
      async getToken(scope: string | string[]) {
        scopes.push(scope);
        return { token: "fixed-token", expiresOnTimestamp: Date.now() + 3_600_000 };
      },
    };
    const client = new CommunicationIdentityClient(emulator.endpoint, credential, { tlsOptions: { ca: emulator.ca } });
    emulator.on(CREATE, 1, respond(201, '{"identity":{"id":"8:acs:a_b"}}'));
    emulator.on(ISSUE, 1, respond(200, '{"token":"t","expiresOn":"2026-01-01T00:00:00Z"}'));
    emulator.on(GET, 1, respond(307, "", { location: `${other.endpoint}identities/8%3Aacs%3Aa_b` }));
    const user = await client.createUser({ customId: "alice" });
    await client.getToken(user, ["chat"]);
    await assert.rejects(client.getUserDetail(user));
    assert.deepEqual([...new Set(scopes.flat())], ["https://communication.azure.com//.default"]);
    assert.deepEqual(
      emulator.seen.map(({ headers }) => headers.authorization),
      Array(3).fill("Bearer fixed-token"),
    );
    for (const { headers } of other.seen) assert.equal(headers.authorization, undefined);
  });

  test("uses the preview's API version and the caller's user agent in every call, over one connection", async (t) => {
    const emulator = await startTestEmulator(t);
    const client = clientOf(emulator, { userAgentOptions: { userAgentPrefix: "contoso/1.0" } });
    const user = await client.createUser({ customId: "alice" });
    const { user: other } = await client.createUserAndToken(["voip"]);
    await client.getUserDetail(user);
    await client.getToken(user, ["chat"], { tokenExpiresInMinutes: 60 });
    await client.revokeTokens(user);
    await client.deleteUser(user);
    await client.deleteUser(other);
    await assert.rejects(client.getTokenForTeamsUser({ teamsUserAadToken: "a", clientId: "b", userObjectId: "c" }));
    assert.equal(emulator.seen.length, 8);
    for (const { url, headers } of emulator.seen) {
      assert.match(url, /^[^?]+\?api-version=2025-03-02-preview$/);
      assert.match(headers["user-agent"] ?? "", /^contoso\/1\.0 /);
    }
    assert.equal(emulator.connections, 1);
  });

  test("throws the same RestError as the SDK's own calls", async (t) => {
    const client = clientOf(await startTestEmulator(t));
    const message = "Provided identity doesn't belong to the resource.";
    for (const call of ["getUserDetail", "deleteUser"] as const) {
      const thrown: unknown = await client[call](STRANGER).catch((thrown: unknown) => thrown);
      assert.ok(thrown instanceof RestError && isRestError(thrown));
      const { name, statusCode, code, details } = thrown;
      assert.deepEqual([name, statusCode, code, thrown.message], ["RestError", 401, "IdentityNotOwned", message]);
      assert.deepEqual(details, { error: { code, message } });
    }
    await assert.rejects(client.createUserAndToken(["chat"], { tokenExpiresInMinutes: 59 }), {
      statusCode: 400,
      code: "ValidationError",
    });
  });

  test("retries as the options say, and lets requests through the caller's policies", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on(CREATE, "each", dropped);
    emulator.on(GET, 1, error(503, "ServiceUnavailable"));
    const count = (name: string): PipelinePolicy => ({
      name,
      sendRequest(request, next) {
        request.headers.set(name, String(Number(request.headers.get(name) ?? 0) + 1));
        return next(request);
      },
    });
    const client = clientOf(emulator, {
      retryOptions: { maxRetries: 2, retryDelayInMs: 1 },
      additionalPolicies: [
        { policy: count("x-calls"), position: "perCall" },
        { policy: count("x-tries"), position: "perRetry" },
      ],
    });
    await assert.rejects(client.createUserAndToken(["chat"], { customId: "alice" }), { code: "ECONNRESET" });
    await assert.rejects(client.getUserDetail(STRANGER), { code: "IdentityNotOwned" });
    assert.deepEqual(
      emulator.seen.map(({ operation, headers }) => [operation, headers["x-calls"], headers["x-tries"]]),
      [
        [CREATE, "1", "1"],
        [CREATE, "1", "2"],
        [CREATE, "1", "3"],
        [GET, "1", "1"],
        [GET, "1", "2"],
      ],
    );
  });

  test("ends a call with the caller's abortSignal, and with the timeout in requestOptions", async (t) => {
    const emulator = await startTestEmulator(t);
    emulator.on("any", "each", silent);
    const client = clientOf(emulator);
    for (const options of [{ abortSignal: AbortSignal.timeout(200) }, { requestOptions: { timeout: 200 } }]) {
      await Promise.all([
        assert.rejects(client.createUser({ customId: "alice", ...options }), { name: "AbortError" }),
        assert.rejects(client.createUserAndToken(["chat"], options), { name: "AbortError" }),
        assert.rejects(client.getUserDetail(STRANGER, options), { name: "AbortError" }),
      ]);
    }
  });

  test("passes the raw responses to onResponse", async (t) => {
    const client = clientOf(await startTestEmulator(t));
    const statuses: number[] = [];
    const options = { onResponse: ({ status }: { status: number }) => statuses.push(status) };
    await client.getUserDetail(await client.createUser({ customId: "alice", ...options }), options);
    assert.deepEqual(statuses, [201, 200]);
  });

  test("rejects a malformed connection string, as the SDK's own client does", () => {
    assert.throws(() => new CommunicationIdentityClient("contoso"), /Invalid connection string/);
  });
});
