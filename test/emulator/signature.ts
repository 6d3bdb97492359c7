import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { errors } from "./errors.ts";

/** How far a request's date may be off, in milliseconds. The documentation says "a few minutes". */
const CLOCK_SKEW = 15 * 60_000;

/**
 * Checks a request's credential: a signature made with the access key, as the documentation of access key authentication
 * describes it, or a Microsoft Entra token. A token can't be validated offline, so any token is accepted.
 *
 * @param body - The body as received, empty if there is none.
 * @param accessKey - The resource's access key, base64.
 * @throws HTTPException 401 `Denied` if there is no token and the signature isn't valid.
 */
export function checkCredential({ method, url, headers }: IncomingMessage, body: Uint8Array, accessKey: string): void {
  const { authorization = "" } = headers;
  if (/^Bearer +\S/i.test(authorization)) return;

  const [, signedHeaders = "", signature] =
    /^HMAC-SHA256 SignedHeaders=([^&]+)&Signature=(.+)$/.exec(authorization) ?? [];
  const names = signedHeaders.toLowerCase().split(";");
  const values = names.map((name) => headers[name]);
  const expected = createHmac("sha256", Buffer.from(accessKey, "base64"))
    .update(`${method}\n${url}\n${values.join(";")}`)
    .digest("base64");
  const dates = names.filter((name) => name === "x-ms-date" || name === "date");

  const isSigned =
    signature === expected &&
    names.includes("host") &&
    names.includes("x-ms-content-sha256") &&
    dates.length > 0 &&
    dates.every((name) => Math.abs(Date.now() - Date.parse(String(headers[name]))) <= CLOCK_SKEW);
  if (!isSigned) throw errors.denied();

  const contentHash = createHash("sha256").update(body).digest("base64");
  if (headers["x-ms-content-sha256"] !== contentHash) throw errors.wrongContentHash();
}
