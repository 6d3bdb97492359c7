import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "node:test";
import { assertError, assertResponse, create, json, pathOf, send } from "../support/signed-request.ts";
import { test } from "../support/test-emulator.ts";
import { ISSUING_VERSIONS, RECORDED_VERSIONS } from "./api-versions.ts";
import type { Emulator } from "./emulator.ts";

const STABLE_VERSIONS = "2021-03-07 2022-06-01 2022-10-01 2023-10-01 2025-06-30 2026-07-22 2026-09-23".split(" ");

// One request and its response per line. {id} is the last identity's ID.
const exchanges = readFileSync(join(__dirname, "exchanges.txt"), "utf8").replaceAll("\r\n", "\n");
const [, RECORDED = "", , ASSUMED = "", , STABLE = ""] = exchanges.split("\n\n");

describe("the service", () => {
  test("responds as recorded", (emulator) => assertExchanges(emulator, RECORDED));

  test("responds as assumed where no recording shows it", async (emulator) => {
    await assertExchanges(emulator, ASSUMED);
    const response = await send(emulator, "POST", "/identities", { apiVersion: null });
    assertError(response, 400, "ApiVersionUnspecified");
  });

  test("has no custom IDs and no GET in the stable API versions", async (emulator) => {
    await create(emulator, { customId: "alice" });
    for (const version of STABLE_VERSIONS) await assertExchanges(emulator, STABLE.replaceAll("<version>", version));
    assert.equal(emulator.identities.size, 1);
  });

  test("creates a new identity for each request without a custom ID, and one for a custom ID", async (emulator) => {
    const body = { customId: "alice", createTokenWithScopes: ["chat"] };
    const concurrent = await Promise.all(Array.from({ length: 10 }, () => create(emulator, body)));
    const ids = [...new Set(concurrent), await create(emulator), await create(emulator)];
    assert.deepEqual([...emulator.identities], ids);
    assert.equal(ids.length, 3);
    assert.equal(new Set(ids.map((id) => id.split("_")[0])).size, 1);
  });

  test("compares custom IDs exactly, whatever characters they have", async (emulator) => {
    const letters = ["alice", "Alice", " alice", "alice ", "é", "e\u0301", "😀", "x".repeat(256)];
    const signs = ["\u0000", "\n", '"\\/', "__proto__", "constructor", "8:acs:a_b", "?api-version=1&x=%20"];
    for (const customId of [...letters, ...signs]) {
      const id = await create(emulator, { customId });
      assertResponse(await send(emulator, "GET", pathOf(id)), 200, { customId, id });
    }
    assert.equal(emulator.identities.size, letters.length + signs.length);
  });

  test("issues tokens for 24 hours, or for 60 to 1440 minutes", async (emulator) => {
    const path = pathOf(await create(emulator), "issueAccessToken");
    const scopes = ["chat", "voip", "chat.join", "chat.join.limited", "voip.join"];
    for (const expiresInMinutes of [undefined, 60, 61, 1440]) {
      const began = Date.now();
      const { expiresOn } = json(await send(emulator, "POST", path, { body: { scopes, expiresInMinutes } }));
      const issuedAt = Date.parse(expiresOn) - (expiresInMinutes ?? 1440) * 60_000;
      assert.ok(issuedAt >= began && issuedAt <= Date.now(), expiresOn);
    }
  });

  test("responds with 400 ValidationError to an invalid body, and does nothing", async (emulator) => {
    const id = await create(emulator);
    const issue = pathOf(id, "issueAccessToken");
    const assertRefused = async (path: string, body: unknown, message: string, target: string) =>
      assertError(await send(emulator, "POST", path, { body }), 400, "ValidationError", message, target);
    for (const customId of ["", "x".repeat(257), 5, true, {}, ["alice"]]) {
      const message = "CustomId must be a string of 1 to 256 characters.";
      await assertRefused("/identities", { customId }, message, "CustomId");
    }
    for (const minutes of [59, 1441, 0, -60, 60.5, "60", true, {}]) {
      const message = `ExpiresInMinutes value ${JSON.stringify(minutes)} is invalid. Value must be within the [60, 1440] interval.`;
      const body = { scopes: ["chat"], createTokenWithScopes: ["chat"], expiresInMinutes: minutes };
      for (const path of ["/identities", issue]) await assertRefused(path, body, message, "ExpiresInMinutes");
    }
    await assertRefused(issue, { scopes: null }, "Scopes: The Scopes field is required.", "Scopes");
    await assertRefused(issue, { scopes: "chat" }, "Invalid scopes - Scopes field is required.", "scopes");
    for (const scopes of [["Chat"], ["chat", "video"], [5], [["chat"]], [null]]) {
      const message = "Invalid scopes - Each must be one of chat, voip, chat.join, chat.join.limited, voip.join.";
      await assertRefused(issue, { scopes }, message, "scopes");
      await assertRefused("/identities", { createTokenWithScopes: scopes }, message, "scopes");
    }
    for (const body of ["{", "[]", '"alice"', "5", "null", "\u0000\u0001\uFFFF", "[".repeat(100_000)]) {
      await assertRefused("/identities", body, "The request body must be a JSON object.", "body");
    }
    assertResponse(await send(emulator, "GET", pathOf(id)), 200, { id });
    assert.equal(emulator.identities.size, 1);
  });

  test("puts the service's headers on every response", async (emulator) => {
    const path = pathOf(await create(emulator));
    for (const [status, method, target, authorization] of [
      [201, "POST", "/identities"],
      [401, "GET", pathOf("8:acs:nobody")],
      [401, "GET", path, "none"],
      // Recorded: this response doesn't have the API versions.
      [400, "POST", `${path}/:issueAccessToken`],
      [404, "POST", `${path}/x/:issueAccessToken`],
      [204, "DELETE", path],
      [404, "PUT", "/nowhere"],
    ] as const) {
      const headers = { "x-ms-client-request-id": "1c2d3e4f", ...(authorization && { authorization }) };
      const response = await send(emulator, method, target, { headers });
      assert.equal(response.status, status);
      const versions = target.endsWith("Token") ? ISSUING_VERSIONS : RECORDED_VERSIONS;
      assert.equal(response.headers["api-supported-versions"], status === 400 ? undefined : versions);
      assert.equal(response.headers["x-ms-client-request-id"], "1c2d3e4f");
      assert.match(String(response.headers["ms-cv"]), /^[\w+/]{22}\.0$/);
    }
  });
});

async function assertExchanges(emulator: Emulator, exchanges: string): Promise<void> {
  let id = "";
  for (const line of exchanges.trim().split("\n")) {
    const [request = ""] = line.split(" → ");
    const [apiVersion = "", method = "", path = "", body = ""] = request.split(" ");
    const response = await send(emulator, method, path.replace("{id}", id), { apiVersion, body });
    id = /"id":"([^"]+)"/.exec(response.body)?.[1] ?? id;
    const received = response.body
      .replace(
        /"id":"8:acs:[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}_00000028(-[\da-f]{4}){3}-[\da-f]{12}"/,
        '"id":"<id>"',
      )
      .replace(/"token":"[\w-]+\.[\w-]+\.[\w-]+"/, '"token":"<token>"')
      .replace(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00"/, '"<decimals>"')
      .replace(/"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"/, '"<seconds>"')
      .replace(emulator.endpoint, "<endpoint>");
    assert.equal(`${request} → ${response.status} ${received}`.trim(), line.replace("{id}' does", `${id}' does`));
    const contentType = response.status < 300 ? "application/json; charset=utf-8" : "application/json";
    assert.equal(response.headers["content-type"], response.body ? contentType : undefined, line);
  }
}
