import { ServiceError } from "./service-error.ts";

/** The API version that has custom IDs and `GET /identities/{id}`. */
export const PREVIEW = "2025-03-02-preview";

/** The header `api-supported-versions`, as recorded in April 2025. */
export const RECORDED_VERSIONS =
  "2020-07-20-preview2, 2021-03-07, 2021-10-31-preview, 2021-11-01, 2022-06-01, 2022-10-01, 2023-10-01, 2025-03-02-preview";

// The stable versions that are newer than the recordings.
const LATER_VERSIONS = ["2025-06-30", "2026-07-22", "2026-09-23"];

const VERSIONS = new Set([...RECORDED_VERSIONS.split(", "), ...LATER_VERSIONS]);

/**
 * Reads the API version that a request asks for.
 *
 * @throws ServiceError 400: `UnsupportedApiVersion` if the service does not know the version (as recorded),
 * `ApiVersionUnspecified` if there is none (assumed).
 */
export function readApiVersion(url: string): string {
  const version = new URL(url).searchParams.get("api-version");
  if (!version) {
    throw new ServiceError(400, "ApiVersionUnspecified", "An API version is required, but was not specified.");
  }
  if (!VERSIONS.has(version)) throw unsupportedApiVersion(url, version);
  return version;
}

/** The error for a version that the service does not know, or that does not have the operation. */
export function unsupportedApiVersion(url: string, version: string): ServiceError {
  const [uri] = url.split("?");
  return new ServiceError(
    400,
    "UnsupportedApiVersion",
    `The HTTP resource that matches the request URI '${uri}' does not support the API version '${version}'.`,
  );
}
