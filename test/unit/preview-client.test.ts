import assert from "node:assert/strict";
import { describe } from "node:test";
import { inspect } from "node:util";
import { CommunicationIdentityClient as StableClient } from "@azure/communication-identity";
import { isRestError, type PipelinePolicy, RestError } from "@azure/core-rest-pipeline";
import { DEVELOPMENT_KEY } from "../emulator/emulator.ts";
import { dropped, error, type Fault, respond, silent } from "../support/faults.ts";
import { CommunicationIdentityClient, clientOf } from "../support/test-client.ts";
import { CREATE, GET, ISSUE, startTestEmulator, test } from "../support/test-emulator.ts";

const STRANGER = { communicationUserId: "8:acs:stranger" };
const TEAMS_USER = { teamsUserAadToken: "a", clientId: "b", userObjectId: "c" };

describe("the preview client", () => {
  test("sends the same requests as the SDK's own client, and returns the same", async (emulator) => {
    const options = { tlsOptions: { ca: emulator.ca }, userAgentOptions: { userAgentPrefix: "contoso/1.0" } };
    for (const Client of [StableClient, CommunicationIdentityClient]) {
      const client = new Client(emulator.connectionString, options);
      assert.deepEqual(Object.keys(await client.createUser()), ["communicationUserId"]);
      // Without scopes there is no token.
      assert.deepEqual(Object.keys(await client.createUserAndToken([])), ["user"]);
      const { token, expiresOn } = await client.createUserAndToken(["chat"], { tokenExpiresInMinutes: 60 });
      const { accessToken } = JSON.parse(emulator.seen.at(-1)?.response ?? "");
      assert.deepEqual([token, expiresOn], [accessToken.token, new Date(accessToken.expiresOn)]);
    }
    const sent = emulator.seen.map(({ operation, body, headers }) => {
      const { authorization, "x-ms-date": date, "x-ms-client-request-id": id, ...others } = headers;
      return { operation, body, others };
    });
    assert.deepEqual(sent.slice(3), sent.slice(0, 3));
    assert.match(sent[3]?.others["user-agent"] ?? "", /^contoso\/1\.0 azsdk-js-communication-identity\/1\.3\.1 /);
  });

  test("has custom IDs, in one request with a token too, and reads an identity's details", async (emulator) => {
    const client = clientOf(emulator);
    const plain = await client.createUser({});
    assert.deepEqual(await client.getUserDetail(plain), { user: plain });
    const user = await client.createUser({ customId: "alice" });
    assert.equal(emulator.seen.at(-1)?.body, '{"customId":"alice"}');
    assert.deepEqual(await client.createUser({ customId: "alice" }), user);
    assert.deepEqual(await client.getUserDetail(user), { user, customId: "alice" });
    const began = Math.floor(Date.now() / 1000) * 1000;
    const options = { customId: "alice", tokenExpiresInMinutes: 60 };
    assert.deepEqual((await client.createUserAndToken(["chat", "voip"], options)).user, user);
    const body = '{"customId":"alice","createTokenWithScopes":["chat","voip"],"expiresInMinutes":60}';
    assert.equal(emulator.seen.at(-1)?.body, body);
    const time = (await client.getUserDetail(user)).lastTokenIssuedAt?.getTime() ?? 0;
    assert.ok(time >= began && time <= Date.now());
  });

  test("takes an endpoint and a TokenCredential, whose token it sends to the endpoint only", async (emulator, t) => {
    const other = await startTestEmulator(t);
    const scopes = new Set<string>();
    const getToken = async (scope: string | string[]) => {
      scopes.add(String(scope));
      return { token: "a", expiresOnTimestamp: Date.now() + 3_600_000 };
    };
    const options = { tlsOptions: { ca: emulator.ca } };
    const client = new CommunicationIdentityClient(emulator.endpoint, { getToken }, options);
    emulator.on(GET, 1, respond(307, "", { location: `${other.endpoint}identities/8%3Aacs%3Aa_b` }));
    const user = await client.createUser({ customId: "alice" });
    await client.getToken(user, ["chat"]);
    await assert.rejects(client.getUserDetail(user));
    assert.deepEqual([...scopes], ["https://communication.azure.com//.default"]);
    const sent = emulator.seen.map(({ operation, headers }) => `${operation}: ${headers.authorization}`);
    assert.deepEqual(sent, [`${CREATE}: Bearer a`, `${ISSUE}: Bearer a`, `${GET}: Bearer a`]);
    for (const { headers } of other.seen) assert.equal(headers.authorization, undefined);
  });

  test("takes an endpoint and a KeyCredential; uses the preview's API version in every call, over one connection", async (emulator) => {
    const key = emulator.connectionString.replace(/^.*accesskey=/, "");
    const client = new CommunicationIdentityClient(emulator.endpoint, { key }, { tlsOptions: { ca: emulator.ca } });
    const user = await client.createUser({ customId: "alice" });
    await client.createUserAndToken(["voip"]);
    await client.getUserDetail(user);
    await client.getToken(user, ["chat"], { tokenExpiresInMinutes: 60 });
    await client.revokeTokens(user);
    await client.deleteUser(user);
    await assert.rejects(client.getTokenForTeamsUser(TEAMS_USER));
    assert.equal(emulator.seen.length, 7);
    for (const { url } of emulator.seen) assert.match(url, /^[^?]+\?api-version=2025-03-02-preview$/);
    assert.equal(emulator.connections, 1);
  });

  test("throws the same RestError as the SDK's own calls", async (emulator) => {
    const client = clientOf(emulator);
    assert.ok(client instanceof StableClient);
    const message = "Provided identity doesn't belong to the resource.";
    for (const call of ["getUserDetail", "deleteUser"] as const) {
      const thrown: unknown = await client[call](STRANGER).catch((thrown: unknown) => thrown);
      assert.ok(thrown instanceof RestError && isRestError(thrown));
      const { statusCode, code, details } = thrown;
      assert.deepEqual([statusCode, code, thrown.message], [401, "IdentityNotOwned", message]);
      assert.deepEqual(details, { error: { code, message } });
    }
    await assert.rejects(client.createUserAndToken([], { tokenExpiresInMinutes: 59 }), { code: "ValidationError" });
  });

  test("retries as the options say, and sends requests through the caller's policies", async (emulator) => {
    emulator.on(CREATE, "each", dropped);
    emulator.on(GET, 1, error(503, "ServiceUnavailable"));
    let tries = 0;
    const sendRequest: PipelinePolicy["sendRequest"] = (request, next) => next(request).finally(() => tries++);
    const additionalPolicies = [{ position: "perRetry" as const, policy: { name: "count", sendRequest } }];
    const client = clientOf(emulator, { retryOptions: { maxRetries: 2, retryDelayInMs: 1 }, additionalPolicies });
    await assert.rejects(client.createUserAndToken(["chat"], { customId: "alice" }), { code: "ECONNRESET" });
    await assert.rejects(client.getUserDetail(STRANGER), { code: "IdentityNotOwned" });
    assert.deepEqual([tries, emulator.seen.length], [5, 5]);
  });

  test("throws a RestError if a response with a status of success isn't the service's", async (_, t) => {
    const page = respond(200, "<h1>Sign in</h1>", { "content-type": "text/html" });
    const empty: Fault = async () => new Response(null, { status: 201 });
    for (const expected of [200, 201]) {
      const emulator = await startTestEmulator(t);
      emulator.on("any", "each", expected === 200 ? page : empty);
      const client = clientOf(emulator);
      const creates = [client.createUser({ customId: "alice" }), client.createUserAndToken(["chat"])];
      const others = [client.getUserDetail(STRANGER), client.getToken(STRANGER, ["chat"])];
      for (const result of await Promise.allSettled([...creates, ...others, client.getTokenForTeamsUser(TEAMS_USER)])) {
        assert.ok(result.status === "rejected" && isRestError(result.reason));
        const { statusCode, code, request, response } = result.reason;
        assert.ok(statusCode === expected && request && request === response?.request);
        assert.ok(expected === 201 || code === RestError.PARSE_ERROR);
      }
    }
  });

  test("takes `null` in a response for none", async (emulator) => {
    emulator.on(GET, 1, respond(200, '{"id":"8:acs:a_b","customId":null,"lastTokenIssuedAt":null}'));
    emulator.on(CREATE, 1, respond(201, '{"identity":{"id":"8:acs:a_b"},"accessToken":null}'));
    const found = { user: { communicationUserId: "8:acs:a_b" } };
    assert.deepEqual(await clientOf(emulator).getUserDetail(STRANGER), found);
    assert.deepEqual(await clientOf(emulator).createUserAndToken(["chat"]), found);
  });

  test("works in a `Proxy` and as a prototype, and shows no key", async (emulator) => {
    const client = clientOf(emulator);
    const proxy = new Proxy(client, { get: (target, name, receiver) => Reflect.get(target, name, receiver) });
    for (const wrapped of [proxy, Object.create(client) as CommunicationIdentityClient]) {
      const user = await wrapped.createUser({ customId: "alice" });
      assert.deepEqual((await wrapped.createUserAndToken(["chat"], { customId: "alice" })).user, user);
      assert.equal((await wrapped.getUserDetail(user)).customId, "alice");
      await wrapped.deleteUser(user);
    }
    const text = inspect(client, { depth: Number.POSITIVE_INFINITY, showHidden: true });
    assert.ok(!text.includes(DEVELOPMENT_KEY.slice(0, 12)));
  });

  test("ends a call with the caller's abortSignal, and with the timeout in requestOptions", async (emulator) => {
    emulator.on("any", "each", silent);
    const client = clientOf(emulator);
    for (const options of [{ abortSignal: AbortSignal.timeout(200) }, { requestOptions: { timeout: 200 } }]) {
      const calls = [client.createUser({ customId: "alice", ...options }), client.getUserDetail(STRANGER, options)];
      await Promise.all(calls.map((call) => assert.rejects(call, { name: "AbortError" })));
    }
  });
});
