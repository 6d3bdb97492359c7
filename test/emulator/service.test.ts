import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertError, assertResponse, create, json, pathOf, send } from "../support/signed-request.ts";
import { startTestEmulator } from "../support/test-emulator.ts";
import { RECORDED_VERSIONS } from "./api-versions.ts";

const ID = /^8:acs:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/;
const SEVEN_DECIMALS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00$/;
const STABLE = ["2021-03-07", "2022-06-01", "2022-10-01", "2023-10-01", "2025-06-30", "2026-07-22", "2026-09-23"];
const NOT_OWNED = { error: { code: "IdentityNotOwned", message: "Provided identity doesn't belong to the resource." } };

describe("the service", () => {
  test("creates a new identity of the same resource for each request without a custom ID", async (t) => {
    const emulator = await startTestEmulator(t);
    for (const body of ["", {}, { customId: null }, { createTokenWithScopes: [] }]) {
      const response = await send(emulator, "POST", "/identities", { body });
      const { id } = json(response).identity;
      assertResponse(response, 201, { identity: { id } });
      assert.match(id, ID);
      assertResponse(await send(emulator, "GET", pathOf(id)), 200, { id });
      assertResponse(await send(emulator, "GET", `/identities/${id}`), 200, { id });
    }
    const ids = [...emulator.identities];
    assert.equal(ids.length, 4);
    assert.equal(new Set(ids.map((id) => id.split("_")[0])).size, 1);
  });

  test("returns the same identity, and when it last issued a token, for the same custom ID", async (t) => {
    const emulator = await startTestEmulator(t);
    const body = { customId: "bob@contoso.com" };
    const id = await create(emulator, body);
    assertResponse(await send(emulator, "POST", "/identities", { body }), 201, { identity: { ...body, id } });
    assertResponse(await send(emulator, "GET", pathOf(id)), 200, { ...body, id });

    await send(emulator, "POST", pathOf(id, "issueAccessToken"), { body: { scopes: ["chat"] } });
    const response = await send(emulator, "GET", pathOf(id));
    const { lastTokenIssuedAt } = json(response);
    assert.match(lastTokenIssuedAt, SECONDS);
    const identity = { ...body, lastTokenIssuedAt, id };
    assertResponse(response, 200, identity);
    assertResponse(await send(emulator, "POST", "/identities", { body }), 201, { identity });
  });

  test("creates one identity when many requests come at once with the same custom ID", async (t) => {
    const emulator = await startTestEmulator(t);
    const body = { customId: "alice", createTokenWithScopes: ["chat"] };
    const ids = await Promise.all(Array.from({ length: 50 }, () => create(emulator, body)));
    assert.equal(new Set(ids).size, 1);
    assert.equal(emulator.identities.size, 1);
  });

  test("compares custom IDs exactly, whatever characters they have", async (t) => {
    const emulator = await startTestEmulator(t);
    const letters = ["alice", "Alice", " alice", "alice ", "é", "e\u0301", "😀", "x".repeat(256)];
    const signs = ["\u0000", "\n", '"\\/', "__proto__", "constructor", "8:acs:a_b", "?api-version=1&x=%20"];
    for (const customId of [...letters, ...signs]) {
      const id = await create(emulator, { customId });
      assertResponse(await send(emulator, "GET", pathOf(id)), 200, { customId, id });
    }
    assert.equal(emulator.identities.size, letters.length + signs.length);
  });

  test("issues tokens for 24 hours, or for 60 to 1440 minutes", async (t) => {
    const emulator = await startTestEmulator(t);
    const path = pathOf(await create(emulator), "issueAccessToken");
    const scopes = ["chat", "voip", "chat.join", "chat.join.limited", "voip.join"];
    for (const expiresInMinutes of [undefined, 60, 61, 1439, 1440]) {
      const began = Date.now();
      const response = await send(emulator, "POST", path, { body: { scopes, expiresInMinutes } });
      assert.equal(response.status, 200);
      const body = { createTokenWithScopes: scopes, expiresInMinutes };
      const { identity, accessToken } = json(await send(emulator, "POST", "/identities", { body }));
      assert.match(identity.lastTokenIssuedAt, SECONDS);
      for (const { token, expiresOn } of [json(response), accessToken]) {
        assert.equal(token.split(".").length, 3);
        assert.match(expiresOn, SEVEN_DECIMALS);
        const issued = Date.parse(expiresOn) - (expiresInMinutes ?? 1440) * 60_000;
        assert.ok(issued >= began && issued <= Date.now(), expiresOn);
      }
    }
  });

  test("responds with 400 ValidationError to a body that it does not accept, and does nothing", async (t) => {
    const emulator = await startTestEmulator(t);
    const id = await create(emulator);
    const assertRefused = async (path: string, body: unknown, message: string, target: string) =>
      assertError(await send(emulator, "POST", path, { body }), 400, "ValidationError", message, target);
    for (const customId of ["", "x".repeat(257), 5, true, {}, ["alice"]]) {
      const message = "CustomId must be a string of 1 to 256 characters.";
      await assertRefused("/identities", { customId }, message, "CustomId");
    }
    for (const minutes of [59, 1441, 0, -60, 60.5, "60", true, {}]) {
      const message = `ExpiresInMinutes value ${JSON.stringify(minutes)} is invalid. Value must be within the [60, 1440] interval.`;
      const body = { scopes: ["chat"], createTokenWithScopes: ["chat"], expiresInMinutes: minutes };
      await assertRefused("/identities", body, message, "ExpiresInMinutes");
      await assertRefused(pathOf(id, "issueAccessToken"), body, message, "ExpiresInMinutes");
    }
    for (const body of [{ scopes: [] }, {}, "", { scopes: "chat" }, { scopes: null }]) {
      const message = "Invalid scopes - Scopes field is required.";
      await assertRefused(pathOf(id, "issueAccessToken"), body, message, "scopes");
    }
    for (const scopes of [["Chat"], ["chat", "video"], [5], [["chat"]], [null]]) {
      const message = "Invalid scopes - Each must be one of chat, voip, chat.join, chat.join.limited, voip.join.";
      await assertRefused(pathOf(id, "issueAccessToken"), { scopes }, message, "scopes");
      await assertRefused("/identities", { createTokenWithScopes: scopes }, message, "scopes");
    }
    for (const body of ["{", "[]", '"alice"', "5", "null", "\u0000\u0001\uFFFF", "[".repeat(100_000)]) {
      await assertRefused("/identities", body, "The request body must be a JSON object.", "body");
    }
    assertResponse(await send(emulator, "GET", pathOf(id)), 200, { id });
    assert.equal(emulator.identities.size, 1);
  });

  test("revokes tokens and deletes identities, whose custom IDs are free then", async (t) => {
    const emulator = await startTestEmulator(t);
    const id = await create(emulator, { customId: "alice" });
    assertResponse(await send(emulator, "POST", pathOf(id, "revokeAccessTokens")), 204);
    assertResponse(await send(emulator, "GET", pathOf(id)), 200, { customId: "alice", id });
    assertResponse(await send(emulator, "DELETE", pathOf(id)), 204);
    assertResponse(await send(emulator, "GET", pathOf(id)), 401, NOT_OWNED);
    assert.notEqual(await create(emulator, { customId: "alice" }), id);
  });

  test("responds with 401 IdentityNotOwned if the resource does not have the identity", async (t) => {
    const emulator = await startTestEmulator(t);
    const others = "8:acs:11111111-1111-4111-8111-111111111111_22222222-2222-4222-8222-222222222222";
    for (const id of [others, "8:acs:nobody", " "]) {
      const body = { scopes: ["chat"] };
      assertResponse(await send(emulator, "GET", pathOf(id)), 401, NOT_OWNED);
      assertResponse(await send(emulator, "POST", pathOf(id, "issueAccessToken"), { body }), 401, NOT_OWNED);
      assertResponse(await send(emulator, "POST", pathOf(id, "revokeAccessTokens")), 401, NOT_OWNED);
      assertResponse(await send(emulator, "DELETE", pathOf(id)), 401, NOT_OWNED);
    }
  });

  test("has no custom IDs, no times of tokens and no GET in the stable API versions", async (t) => {
    const emulator = await startTestEmulator(t);
    const alice = await create(emulator, { customId: "alice" });
    for (const apiVersion of STABLE) {
      const body = { customId: "alice", createTokenWithScopes: ["chat"], scopes: ["chat"] };
      const { identity, accessToken } = json(await send(emulator, "POST", "/identities", { body, apiVersion }));
      const { id } = identity;
      assert.deepEqual(identity, { id });
      assert.notEqual(id, alice);
      assert.ok(accessToken.token);
      const issued = await send(emulator, "POST", pathOf(id, "issueAccessToken"), { body, apiVersion });
      assert.equal(issued.status, 200);
      assertError(await send(emulator, "GET", pathOf(id), { apiVersion }), 400, "UnsupportedApiVersion");
      assertResponse(await send(emulator, "POST", pathOf(id, "revokeAccessTokens"), { apiVersion }), 204);
      assertResponse(await send(emulator, "DELETE", pathOf(id), { apiVersion }), 204);
    }
    assertResponse(await send(emulator, "DELETE", pathOf(alice), { apiVersion: "2023-10-01" }), 204);
    assert.equal(emulator.identities.size, 0);
  });

  test("responds with 400 to an unknown API version, and to none", async (t) => {
    const emulator = await startTestEmulator(t);
    for (const apiVersion of ["2020-01-01", "2025-03-02", "preview", "2025-03-02-PREVIEW"]) {
      const message = `The HTTP resource that matches the request URI '${emulator.endpoint}identities' does not support the API version '${apiVersion}'.`;
      const response = await send(emulator, "POST", "/identities", { apiVersion });
      assertError(response, 400, "UnsupportedApiVersion", message);
    }
    const response = await send(emulator, "POST", "/identities", { apiVersion: null });
    assertError(response, 400, "ApiVersionUnspecified");
  });

  test("puts the service's headers on every response, once", async (t) => {
    const emulator = await startTestEmulator(t);
    const path = pathOf(await create(emulator));
    for (const [status, method, target, extra] of [
      [201, "POST", "/identities", {}],
      [401, "GET", pathOf("8:acs:nobody"), {}],
      [401, "GET", path, { authorization: "none" }],
      [204, "DELETE", path, {}],
      [404, "PUT", "/nowhere", {}],
    ] as const) {
      const headers = { "x-ms-client-request-id": "1c2d3e4f", ...extra };
      const response = await send(emulator, method, target, { headers });
      assert.equal(response.status, status);
      assert.equal(response.headers["api-supported-versions"], RECORDED_VERSIONS);
      assert.equal(response.headers["x-ms-client-request-id"], "1c2d3e4f");
      assert.match(String(response.headers["ms-cv"]), /^[\w+/]{22}\.0$/);
    }
  });
});
