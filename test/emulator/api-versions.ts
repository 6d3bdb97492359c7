import { RECORDED_VERSIONS } from "./headers";
import { ServiceError } from "./service-error";

/** The API version that has custom IDs and `GET /identities/{id}`. */
export const PREVIEW = "2025-03-02-preview";

// The stable versions that came after the recordings.
const LATER_VERSIONS = ["2025-06-30", "2026-07-22", "2026-09-23"];

const VERSIONS = new Set([...RECORDED_VERSIONS.split(", "), ...LATER_VERSIONS]);

/**
 * Checks the API version that a request asks for.
 *
 * @throws ServiceError 400: `UnsupportedApiVersion` for one that the service does not know, as recorded;
 * `ApiVersionUnspecified` for none (assumed).
 */
export function checkApiVersion(url: string): string {
  const version = new URL(url).searchParams.get("api-version");
  if (!version) {
    throw new ServiceError(400, "ApiVersionUnspecified", "An API version is required, but was not specified.");
  }
  if (!VERSIONS.has(version)) throw unsupportedApiVersion(url, version);
  return version;
}

/** The service's answer to a version that it does not know, or that does not have the operation. */
export function unsupportedApiVersion(url: string, version: string): ServiceError {
  const [uri] = url.split("?");
  return new ServiceError(
    400,
    "UnsupportedApiVersion",
    `The HTTP resource that matches the request URI '${uri}' does not support the API version '${version}'.`,
  );
}
