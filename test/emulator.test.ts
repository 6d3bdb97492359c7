import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AzureCommunicationTokenCredential } from "@azure/communication-common";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { publicKey } from "./emulator/tokens";
import { emulatorFor } from "./support/emulator";
import { assertAnswer, assertValidationError, at, create, json, send } from "./support/signed-request";

const ID = /^8:acs:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/;
const SEVEN_DECIMALS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00$/;
const STABLE = ["2021-03-07", "2022-06-01", "2022-10-01", "2023-10-01", "2025-06-30", "2026-07-22", "2026-09-23"];
const NOT_OWNED = { error: { code: "IdentityNotOwned", message: "Provided identity doesn't belong to the resource." } };

describe("POST /identities", { concurrency: true }, () => {
  for (const [name, body] of Object.entries({ "no body": "", "an empty object": {} })) {
    test(`${name}: 201, a new identity`, async (t) => {
      const emulator = await emulatorFor(t);
      const answer = await send(emulator, "POST", "/identities", { body });
      const { identity } = json(answer);
      assertAnswer(answer, 201, { identity: { id: identity.id } });
      assert.match(identity.id, ID);
      const other = await create(emulator, body);
      assert.notEqual(other, identity.id);
      assert.equal(other.split("_")[0], identity.id.split("_")[0], "the resource is the same");
    });
  }

  test("a custom ID: 201 with it; again: 201, the same identity, and when a token was issued", async (t) => {
    const emulator = await emulatorFor(t);
    const customId = "bob@contoso.com";
    const answer = await send(emulator, "POST", "/identities", { body: { customId } });
    const { id } = json(answer).identity;
    assertAnswer(answer, 201, { identity: { customId, id } });
    assertAnswer(await send(emulator, "POST", "/identities", { body: { customId } }), 201, {
      identity: { customId, id },
    });

    await send(emulator, "POST", at(id, "issueAccessToken"), { body: { scopes: ["chat"] } });
    const again = await send(emulator, "POST", "/identities", { body: { customId } });
    const { lastTokenIssuedAt } = json(again).identity;
    assert.match(lastTokenIssuedAt, SECONDS);
    assertAnswer(again, 201, { identity: { customId, lastTokenIssuedAt, id } });
  });

  test("a custom ID, scopes and an expiry: 201 with a token", async (t) => {
    const emulator = await emulatorFor(t);
    const began = Date.now();
    const body = { customId: "bob", createTokenWithScopes: ["voip"], expiresInMinutes: 120 };
    const answer = await send(emulator, "POST", "/identities", { body });
    const { identity, accessToken } = json(answer);
    assert.equal(answer.status, 201);
    assert.deepEqual(Object.keys(identity), ["customId", "lastTokenIssuedAt", "id"]);
    assert.deepEqual(Object.keys(accessToken), ["token", "expiresOn"]);
    assertMinutesFrom(began, accessToken.expiresOn, 120);
  });

  test("scopes alone: an identity without a custom ID, and a token for 24 hours", async (t) => {
    const emulator = await emulatorFor(t);
    const began = Date.now();
    const { identity, accessToken } = json(
      await send(emulator, "POST", "/identities", { body: { createTokenWithScopes: ["chat"] } }),
    );
    assert.deepEqual(Object.keys(identity), ["lastTokenIssuedAt", "id"]);
    assertMinutesFrom(began, accessToken.expiresOn, 1440);
  });

  test("the same custom ID from many requests at once: one identity", async (t) => {
    const emulator = await emulatorFor(t);
    const body = { customId: "alice", createTokenWithScopes: ["chat"] };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => send(emulator, "POST", "/identities", { body })),
    );
    assert.equal(new Set(answers.map((answer) => json(answer).identity.id)).size, 1);
    assert.equal(emulator.identities.size, 1);
  });

  test("custom IDs are compared exactly, and may hold any characters", async (t) => {
    const emulator = await emulatorFor(t);
    const customIds = [
      "alice",
      "Alice",
      " alice",
      "alice ",
      "é",
      "e\u0301",
      "\u0000",
      "\n",
      "😀",
      '"\\/',
      "__proto__",
      "constructor",
      "8:acs:a_b",
      "?api-version=1&x=%20",
      "x".repeat(256),
    ];
    const ids = new Set<string>();
    for (const customId of customIds) {
      const id = await create(emulator, { customId });
      assertAnswer(await send(emulator, "GET", at(id)), 200, { customId, id });
      ids.add(id);
    }
    assert.equal(ids.size, customIds.length);
  });

  for (const customId of ["", "x".repeat(257), 5, true, {}, ["alice"]]) {
    test(`customId ${JSON.stringify(customId).slice(0, 20)}: 400 ValidationError`, async (t) => {
      const emulator = await emulatorFor(t);
      const answer = await send(emulator, "POST", "/identities", { body: { customId } });
      assertValidationError(answer, "CustomId must be a string of 1 to 256 characters.", "CustomId");
      assert.equal(emulator.identities.size, 0);
    });
  }
});

function assertMinutesFrom(began: number, expiresOn: string, minutes: number): void {
  assert.match(expiresOn, SEVEN_DECIMALS);
  const [earliest, latest] = [began + minutes * 60_000, Date.now() + minutes * 60_000];
  assert.ok(Date.parse(expiresOn) >= earliest && Date.parse(expiresOn) <= latest, expiresOn);
}

describe("GET /identities/{id}", { concurrency: true }, () => {
  test("200 with the ID; with custom ID and time of the last token when there are any", async (t) => {
    const emulator = await emulatorFor(t);
    const plain = await create(emulator);
    assertAnswer(await send(emulator, "GET", at(plain)), 200, { id: plain });

    const customId = "bob@contoso.com";
    const id = await create(emulator, { customId });
    assertAnswer(await send(emulator, "GET", at(id)), 200, { customId, id });

    await send(emulator, "POST", at(id, "issueAccessToken"), { body: { scopes: ["chat"] } });
    const answer = await send(emulator, "GET", at(id));
    const { lastTokenIssuedAt } = json(answer);
    assert.match(lastTokenIssuedAt, SECONDS);
    assert.ok(Math.abs(Date.parse(lastTokenIssuedAt) - Date.now()) < 5000);
    assertAnswer(answer, 200, { customId, lastTokenIssuedAt, id });
  });

  test("an ID that is not percent-encoded is the same ID", async (t) => {
    const emulator = await emulatorFor(t);
    const id = await create(emulator);
    assertAnswer(await send(emulator, "GET", `/identities/${id}`), 200, { id });
  });
});

describe("POST /identities/{id}/:issueAccessToken", { concurrency: true }, () => {
  test("200 with a token for 24 hours", async (t) => {
    const emulator = await emulatorFor(t);
    const id = await create(emulator);
    const began = Date.now();
    const answer = await send(emulator, "POST", at(id, "issueAccessToken"), { body: { scopes: ["chat"] } });
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(json(answer)), ["token", "expiresOn"]);
    assertMinutesFrom(began, json(answer).expiresOn, 1440);
  });

  for (const minutes of [60, 61, 1439, 1440]) {
    test(`${minutes} minutes: a token for so long`, async (t) => {
      const emulator = await emulatorFor(t);
      const began = Date.now();
      const body = { scopes: ["chat"], expiresInMinutes: minutes };
      const answer = await send(emulator, "POST", at(await create(emulator), "issueAccessToken"), { body });
      assertMinutesFrom(began, json(answer).expiresOn, minutes);
    });
  }

  for (const minutes of [59, 1441, 0, -60, 60.5, "60", true, {}]) {
    test(`${JSON.stringify(minutes)} minutes: 400 ValidationError`, async (t) => {
      const emulator = await emulatorFor(t);
      const body = { scopes: ["chat"], expiresInMinutes: minutes };
      const answer = await send(emulator, "POST", at(await create(emulator), "issueAccessToken"), { body });
      const message = `ExpiresInMinutes value ${JSON.stringify(minutes)} is invalid. Value must be within the [60, 1440] interval.`;
      assertValidationError(answer, message, "ExpiresInMinutes");
    });
  }

  for (const body of [{ scopes: [] }, {}, "", { scopes: "chat" }, { scopes: null }]) {
    test(`${JSON.stringify(body)}: 400 ValidationError, scopes are required`, async (t) => {
      const emulator = await emulatorFor(t);
      const answer = await send(emulator, "POST", at(await create(emulator), "issueAccessToken"), { body });
      assertValidationError(answer, "Invalid scopes - Scopes field is required.", "scopes");
    });
  }

  for (const scopes of [["Chat"], ["chat", "video"], [5], [["chat"]], [null]]) {
    test(`scopes ${JSON.stringify(scopes)}: 400 ValidationError`, async (t) => {
      const emulator = await emulatorFor(t);
      const id = await create(emulator);
      const answer = await send(emulator, "POST", at(id, "issueAccessToken"), { body: { scopes } });
      assert.equal(answer.status, 400);
      assert.equal(json(answer).error.code, "ValidationError");
      assert.equal(json(answer).error.target, "scopes");
      assertAnswer(await send(emulator, "GET", at(id)), 200, { id });
    });
  }

  test("a token is a JWT with the recorded claims, which jose verifies and the SDK reads", async (t) => {
    const emulator = await emulatorFor(t);
    const id = await create(emulator);
    const body = { scopes: ["chat", "voip.join"], expiresInMinutes: 60 };
    const { token, expiresOn } = json(await send(emulator, "POST", at(id, "issueAccessToken"), { body }));

    const header = decodeProtectedHeader(token);
    assert.deepEqual(Object.keys(header), ["alg", "kid", "x5t", "typ"]);
    assert.equal(header.alg, "RS256");
    assert.equal(header.typ, "JWT");
    const { payload } = await jwtVerify(token, await publicKey);
    const { iat, exp } = payload;
    const resourceId = id.slice("8:acs:".length).split("_")[0];
    assert.deepEqual(payload, {
      skypeid: id.slice("8:".length),
      scp: 1792,
      csi: String(iat),
      exp,
      acsScope: "chat,voip.join",
      resourceId,
      resourceLocation: "unitedstates",
      iat,
    });
    assert.equal(exp, Math.floor(Date.parse(expiresOn) / 1000));
    assert.equal(exp, (iat ?? 0) + 60 * 60);

    const credential = new AzureCommunicationTokenCredential(token);
    const read = await credential.getToken();
    assert.equal(read.token, token);
    assert.equal(read.expiresOnTimestamp, (exp ?? 0) * 1000);
    credential.dispose();
  });

  for (const scope of ["chat", "voip", "chat.join", "chat.join.limited", "voip.join"]) {
    test(`the scope ${scope} exists`, async (t) => {
      const emulator = await emulatorFor(t);
      const body = { scopes: [scope] };
      const answer = await send(emulator, "POST", at(await create(emulator), "issueAccessToken"), { body });
      assert.equal(answer.status, 200);
    });
  }
});

describe("revoking and deleting", { concurrency: true }, () => {
  test("POST …/:revokeAccessTokens: 204 without a body, and the identity stays as it was", async (t) => {
    const emulator = await emulatorFor(t);
    const id = await create(emulator, { customId: "alice" });
    assertAnswer(await send(emulator, "POST", at(id, "revokeAccessTokens")), 204);
    assertAnswer(await send(emulator, "GET", at(id)), 200, { customId: "alice", id });
  });

  test("DELETE: 204 without a body; the identity is gone, and its custom ID makes a new one", async (t) => {
    const emulator = await emulatorFor(t);
    const id = await create(emulator, { customId: "alice" });
    assertAnswer(await send(emulator, "DELETE", at(id)), 204);
    assertAnswer(await send(emulator, "GET", at(id)), 401, NOT_OWNED);
    assert.notEqual(await create(emulator, { customId: "alice" }), id);
  });

  const strangers = {
    "another resource's": "8:acs:11111111-1111-4111-8111-111111111111_22222222-2222-4222-8222-222222222222",
    no: "8:acs:nobody",
    "an empty": " ",
  };
  for (const [name, id] of Object.entries(strangers)) {
    test(`${name} identity: 401 IdentityNotOwned from every operation`, async (t) => {
      const emulator = await emulatorFor(t);
      assertAnswer(await send(emulator, "GET", at(id)), 401, NOT_OWNED);
      assertAnswer(
        await send(emulator, "POST", at(id, "issueAccessToken"), { body: { scopes: ["chat"] } }),
        401,
        NOT_OWNED,
      );
      assertAnswer(await send(emulator, "POST", at(id, "revokeAccessTokens")), 401, NOT_OWNED);
      assertAnswer(await send(emulator, "DELETE", at(id)), 401, NOT_OWNED);
    });
  }
});

describe("API versions", { concurrency: true }, () => {
  for (const apiVersion of STABLE) {
    test(`${apiVersion} ignores a custom ID, tells of none, and has no GET`, async (t) => {
      const emulator = await emulatorFor(t);
      const body = { customId: "alice" };
      const answer = await send(emulator, "POST", "/identities", { body, apiVersion });
      const { id } = json(answer).identity;
      assertAnswer(answer, 201, { identity: { id } });
      const again = await send(emulator, "POST", "/identities", { body, apiVersion });
      assert.notEqual(json(again).identity.id, id);

      const options = { body: { scopes: ["chat"] }, apiVersion };
      assert.equal((await send(emulator, "POST", at(id, "issueAccessToken"), options)).status, 200);
      assert.equal(json(await send(emulator, "GET", at(id), { apiVersion })).error.code, "UnsupportedApiVersion");
      assertAnswer(await send(emulator, "POST", at(id, "revokeAccessTokens"), { apiVersion }), 204);
      assertAnswer(await send(emulator, "DELETE", at(id), { apiVersion }), 204);

      const withToken = { body: { createTokenWithScopes: ["chat"] }, apiVersion };
      const { identity, accessToken } = json(await send(emulator, "POST", "/identities", withToken));
      assert.deepEqual(Object.keys(identity), ["id"]);
      assert.deepEqual(Object.keys(accessToken), ["token", "expiresOn"]);
    });
  }

  test("an identity is the same in every version", async (t) => {
    const emulator = await emulatorFor(t);
    const id = await create(emulator, { customId: "alice" });
    assertAnswer(await send(emulator, "DELETE", at(id), { apiVersion: "2023-10-01" }), 204);
    assert.notEqual(await create(emulator, { customId: "alice" }), id);
  });

  for (const apiVersion of ["2020-01-01", "2025-03-02", "preview", "2025-03-02-PREVIEW"]) {
    test(`${apiVersion}, which there is not: 400 UnsupportedApiVersion`, async (t) => {
      const emulator = await emulatorFor(t);
      const answer = await send(emulator, "POST", "/identities", { apiVersion });
      const uri = `${emulator.connectionString.slice("endpoint=".length).split(";")[0]}identities`;
      const message = `The HTTP resource that matches the request URI '${uri}' does not support the API version '${apiVersion}'.`;
      assertAnswer(answer, 400, { error: { code: "UnsupportedApiVersion", message } });
    });
  }

  test("none at all: 400 ApiVersionUnspecified", async (t) => {
    const answer = await send(await emulatorFor(t), "POST", "/identities", { apiVersion: null });
    assert.equal(answer.status, 400);
    assert.equal(json(answer).error.code, "ApiVersionUnspecified");
  });

  test("every answer has the service's headers", async (t) => {
    const emulator = await emulatorFor(t);
    const requestId = { "x-ms-client-request-id": "1c2d3e4f" };
    const id = await create(emulator);
    const answers = [
      await send(emulator, "POST", "/identities", { headers: requestId }),
      await send(emulator, "GET", at("8:acs:nobody"), { headers: requestId }),
      await send(emulator, "DELETE", at(id), { headers: requestId }),
      await send(emulator, "GET", at(id), { headers: { ...requestId, authorization: "none" } }),
      await send(emulator, "PUT", "/nowhere", { headers: requestId }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 401, 204, 401, 404],
    );
    for (const { headers } of answers) {
      assert.equal(
        headers["api-supported-versions"],
        "2020-07-20-preview2, 2021-03-07, 2021-10-31-preview, 2021-11-01, 2022-06-01, 2022-10-01, 2023-10-01, 2025-03-02-preview",
      );
      assert.equal(headers["x-ms-client-request-id"], "1c2d3e4f");
      assert.match(String(headers["ms-cv"]), /^[\w+/]{22}\.0$/);
    }
  });
});
