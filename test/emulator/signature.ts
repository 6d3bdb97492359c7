import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { ServiceError } from "./service-error.ts";

/** How far a request's date may be off, in milliseconds. The documentation says a few minutes. */
const CLOCK_SKEW = 15 * 60_000;

/**
 * Checks that a request and its body are signed with the access key, as the documentation of access key authentication
 * says.
 *
 * @param body - The body as received, empty if there is none.
 * @param accessKey - The resource's access key, base64.
 * @throws ServiceError 401 `Denied` if they are not (as recorded).
 */
export function checkSignature({ method, url, headers }: IncomingMessage, body: Uint8Array, accessKey: string): void {
  const date = String(headers["x-ms-date"]);
  const contentHash = createHash("sha256").update(body).digest("base64");
  const signature = createHmac("sha256", Buffer.from(accessKey, "base64"))
    .update(`${method}\n${url}\n${date};${headers.host};${contentHash}`)
    .digest("base64");
  const authorization = `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`;

  const isSigned =
    headers["x-ms-content-sha256"] === contentHash &&
    headers.authorization === authorization &&
    Math.abs(Date.now() - Date.parse(date)) <= CLOCK_SKEW;
  if (!isSigned) throw new ServiceError(401, "Denied", "Denied by the resource provider.");
}
