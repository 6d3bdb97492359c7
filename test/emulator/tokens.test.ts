import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { jwtVerify } from "jose";
import { Identities, RESOURCE_ID } from "./identities.ts";
import { issueToken, tokenKeys } from "./tokens.ts";

describe("a token", () => {
  test("is a JWT with the recorded claims, which jose verifies", async () => {
    const identity = new Identities().create();
    const { token, expiresOn } = await issueToken(identity, ["chat", "voip.join"], 60);
    const { payload, protectedHeader } = await jwtVerify(token, (await tokenKeys()).publicKey);
    const { kid, x5t } = protectedHeader;
    assert.deepEqual(protectedHeader, { alg: "RS256", kid, x5t, typ: "JWT" });
    assert.match(String(kid), /^[0-9A-F]{40}$/);
    assert.equal(Buffer.from(String(x5t), "base64url").toString("hex").toUpperCase(), kid);

    const exp = Math.floor(Date.parse(expiresOn) / 1000);
    const times = { csi: String(exp - 60 * 60), exp, iat: exp - 60 * 60 };
    const fixed = { scp: 1792, resourceId: RESOURCE_ID, resourceLocation: "unitedstates" };
    const skypeid = identity.id.slice("8:".length);
    assert.deepEqual(payload, { ...times, ...fixed, skypeid, acsScope: "chat,voip.join" });
  });
});
