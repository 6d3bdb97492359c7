import { randomBytes } from "node:crypto";
import { generateKeyPair, SignJWT } from "jose";
import { type Identity, RESOURCE_ID } from "./identities.ts";

/** An access token, as the service returns it. */
export interface AccessToken {
  token: string;
  /** ISO 8601, with seven decimals and `+00:00` as recorded. */
  expiresOn: string;
}

// Starts while the modules are loading, because it takes longer than everything else.
const keys = generateKeyPair("RS256");
const keyId = randomBytes(20);

/** The public key of the tokens' signatures. */
export const publicKey = keys.then((pair) => pair.publicKey);

/**
 * Issues an access token, a JWT with the claims of recorded ones, and sets the identity's `lastTokenIssuedAt`.
 *
 * @param minutes - How long the token is valid.
 */
export async function issueToken(identity: Identity, scopes: string[], minutes: number): Promise<AccessToken> {
  const now = new Date();
  const expiresOn = new Date(now.getTime() + minutes * 60_000);
  identity.lastTokenIssuedAt = now;

  const kid = keyId.toString("hex").toUpperCase();
  const token = await new SignJWT({
    skypeid: identity.id.replace(/^8:/, ""),
    scp: 1792,
    csi: String(toSeconds(now)),
    exp: toSeconds(expiresOn),
    acsScope: scopes.join(","),
    resourceId: RESOURCE_ID,
    resourceLocation: "unitedstates",
    iat: toSeconds(now),
  })
    .setProtectedHeader({ alg: "RS256", kid, x5t: keyId.toString("base64url"), typ: "JWT" })
    .sign((await keys).privateKey);
  return { token, expiresOn: expiresOn.toISOString().replace("Z", "0000+00:00") };
}

function toSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
