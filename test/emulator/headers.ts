import { randomBytes } from "node:crypto";

/** What the recorded service says that it supports. */
export const RECORDED_VERSIONS =
  "2020-07-20-preview2, 2021-03-07, 2021-10-31-preview, 2021-11-01, 2022-06-01, 2022-10-01, 2023-10-01, 2025-03-02-preview";

/** The headers that every answer carries, beside the ID that the request gave itself. */
export function serviceHeaders(): Record<string, string> {
  const correlationVector = `${randomBytes(16).toString("base64").slice(0, 22)}.0`;
  return { "api-supported-versions": RECORDED_VERSIONS, "MS-CV": correlationVector };
}
