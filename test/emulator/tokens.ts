import { generateKeyPair, type KeyObject, randomBytes, sign } from "node:crypto";
import { promisify } from "node:util";
import { type Identity, RESOURCE_ID } from "./identities.ts";

const keyId = randomBytes(20);
let keys: Promise<{ publicKey: KeyObject; privateKey: KeyObject }> | undefined;

/** The keys of the tokens' signatures. All emulators of a process have the same. */
export function tokenKeys() {
  keys ??= promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  return keys;
}

/**
 * Issues an access token, a JWT with the claims of recorded ones, and sets the identity's `lastTokenIssuedAt`.
 *
 * @param minutes - How long the token is valid.
 * @returns The token, and when it expires: ISO 8601, with seven decimals and `+00:00` as recorded.
 */
export async function issueToken(identity: Identity, scopes: string[], minutes: number) {
  const now = new Date();
  const expiresOn = new Date(now.getTime() + minutes * 60_000);
  identity.lastTokenIssuedAt = now;

  const kid = keyId.toString("hex").toUpperCase();
  const header = { alg: "RS256", kid, x5t: keyId.toString("base64url"), typ: "JWT" };
  const claims = {
    skypeid: identity.id.replace(/^8:/, ""),
    scp: 1792,
    csi: String(toSeconds(now)),
    exp: toSeconds(expiresOn),
    acsScope: scopes.join(","),
    resourceId: RESOURCE_ID,
    resourceLocation: "unitedstates",
    iat: toSeconds(now),
  };
  const content = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = sign("sha256", Buffer.from(content), (await tokenKeys()).privateKey);
  const token = `${content}.${signature.toString("base64url")}`;
  return { token, expiresOn: expiresOn.toISOString().replace("Z", "0000+00:00") };
}

const toSeconds = (time: Date) => Math.floor(time.getTime() / 1000);
