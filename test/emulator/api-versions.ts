import { errors } from "./errors.ts";

/** The API version with custom IDs and `GET /identities/{id}`. */
export const PREVIEW = "2025-03-02-preview";

const RECORDED = `2021-03-07, 2021-10-31-preview, 2021-11-01, 2022-06-01, 2022-10-01, 2023-10-01, ${PREVIEW}`;
/** Stable versions that are newer than the recordings. */
const LATER = ["2025-06-30", "2026-07-22", "2026-09-23"];
const SUPPORTED = [...RECORDED.split(", "), ...LATER];

/** The response header `api-supported-versions`, as recorded in April 2025. The emulator doesn't have the first one. */
export const RECORDED_VERSIONS = `2020-07-20-preview2, ${RECORDED}`;
/** The same header of `:issueAccessToken`. */
export const ISSUING_VERSIONS = `${RECORDED_VERSIONS}, 2025-03-31-preview`;

/**
 * Reads a request's API version.
 *
 * @throws HTTPException 400 if the version is unknown or missing.
 */
export function readApiVersion(url: string): string {
  const version = new URL(url).searchParams.get("api-version");
  if (!version) throw errors.noApiVersion();
  if (!SUPPORTED.includes(version)) throw errors.unsupportedApiVersion(url, version);
  return version;
}
