import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, json, pathOf, send } from "../support/signed-request.ts";
import { startEmulator } from "./emulator.ts";
import { trace } from "./trace.ts";

describe("the trace", () => {
  test("shows each request and its response, without secrets", async (t) => {
    const lines: string[] = [];
    const emulator = await startEmulator({ intercept: trace((line) => lines.push(line)) });
    t.after(emulator.close);
    const post = (path: string, body: unknown) => send(emulator, "POST", path, { body });
    const id = await create(emulator, { customId: "bob", createTokenWithScopes: ["chat"] });
    const { token } = json(await post(pathOf(id, "issueAccessToken"), { scopes: ["chat"] }));
    await send(emulator, "DELETE", pathOf(id));
    await send(emulator, "GET", "/%1B[2J", { apiVersion: null });
    await post("/teamsUser/:exchangeAccessToken", { token });
    await post("/identities", `token=${token}`);

    const time = /("(expiresOn|lastTokenIssuedAt)":")[^"]+/g;
    const shown = lines.map((line) =>
      line
        .replace(time, "$1<time>")
        .replace(/"message":[^}]+/, "…")
        .replaceAll(id, "<id>"),
    );
    assert.deepEqual(shown, [
      '→ POST /identities (2025-03-02-preview) {"customId":"bob","createTokenWithScopes":["chat"]}',
      '← 201 {"identity":{"customId":"bob","lastTokenIssuedAt":"<time>","id":"<id>"},"accessToken":{"token":"…","expiresOn":"<time>"}}',
      '→ POST /identities/<id>/:issueAccessToken (2025-03-02-preview) {"scopes":["chat"]}',
      '← 200 {"token":"…","expiresOn":"<time>"}',
      "→ DELETE /identities/<id> (2025-03-02-preview)",
      "← 204",
      "→ GET /%1B[2J (no api-version)",
      '← 400 {"error":{"code":"ApiVersionUnspecified",…}}',
      '→ POST /teamsUser/:exchangeAccessToken (2025-03-02-preview) {"token":"…"}',
      '← 404 {"error":{"code":"NotFound",…}}',
      "→ POST /identities (2025-03-02-preview) (not JSON)",
      '← 400 {"error":{"code":"ValidationError",…}}',
    ]);
  });
});
