import { createHash, type webcrypto } from "node:crypto";
import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import { type Identity, RESOURCE_ID } from "./identities";

/** An access token, as the service answers with it. */
export interface AccessToken {
  token: string;
  /** ISO 8601, with seven decimals and `+00:00` as recorded. */
  expiresOn: string;
}

/** Issues access tokens: JWTs with the claims of recorded ones, signed with a key that is made at start. */
export class TokenIssuer {
  readonly #keys = newKeys();

  /** The key that the tokens verify with. */
  async publicKey(): Promise<webcrypto.CryptoKey> {
    return (await this.#keys).publicKey;
  }

  /**
   * Issues a token, and notes at the identity that it did.
   *
   * @param minutes - How long the token is valid.
   */
  async issue(identity: Identity, scopes: string[], minutes: number): Promise<AccessToken> {
    const now = new Date();
    const expiresOn = new Date(now.getTime() + minutes * 60_000);
    identity.lastTokenIssuedAt = now;

    const { privateKey, header } = await this.#keys;
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
      .setProtectedHeader(header)
      .sign(privateKey);
    return { token, expiresOn: expiresOn.toISOString().replace("Z", "0000+00:00") };
  }
}

async function newKeys() {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const fingerprint = createHash("sha1")
    .update(await exportSPKI(publicKey))
    .digest();
  const kid = fingerprint.toString("hex").toUpperCase();
  const header = { alg: "RS256", kid, x5t: fingerprint.toString("base64url"), typ: "JWT" };
  return { privateKey, publicKey, header };
}

function toSeconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}
