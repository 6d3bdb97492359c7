import { PREVIEW } from "./api-versions.ts";
import { errors } from "./errors.ts";

/** The scopes that an access token can have. */
const SCOPES = ["chat", "voip", "chat.join", "chat.join.limited", "voip.join"];

/** A request's body: a JSON object whose members haven't been checked. */
export type Body = Record<string, unknown>;

/**
 * Parses a request's body. An empty one means `{}`.
 *
 * @throws HTTPException 400 if it isn't a JSON object.
 */
export function parseBody(text: string): Body {
  if (text.trim() === "") return {};
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Body;
  } catch {
    // Invalid JSON.
  }
  throw errors.invalidBody();
}

/**
 * Reads the body of a request to create an identity. Only the preview knows `customId`; the stable versions ignore it
 * (assumed).
 *
 * @returns The custom ID, if any, and the access token to issue: its scopes, if any, and how long it's valid, in minutes.
 * @throws HTTPException 400 if a member is invalid.
 */
export function readCreation({ customId, createTokenWithScopes, expiresInMinutes }: Body, apiVersion: string) {
  const wanted = createTokenWithScopes ?? [];
  return {
    customId: apiVersion === PREVIEW ? readCustomId(customId) : undefined,
    scopes: Array.isArray(wanted) && wanted.length === 0 ? [] : readScopes(wanted),
    minutes: readMinutes(expiresInMinutes),
  };
}

/**
 * Reads the body of a request to issue an access token.
 *
 * @returns The token's scopes and how long it's valid, in minutes.
 * @throws HTTPException 400 if a member is missing or invalid.
 */
export function readIssuing({ scopes, expiresInMinutes }: Body) {
  if (scopes === undefined || scopes === null) throw errors.missingScopes();
  return { scopes: readScopes(scopes), minutes: readMinutes(expiresInMinutes) };
}

function readCustomId(customId: unknown): string | undefined {
  if (customId === undefined || customId === null) return undefined;
  if (typeof customId === "string" && customId !== "" && customId.length <= 256) return customId;
  throw errors.invalidCustomId();
}

function readScopes(scopes: unknown): string[] {
  if (!Array.isArray(scopes) || scopes.length === 0) throw errors.emptyScopes();
  if (!scopes.every((scope) => SCOPES.includes(scope))) throw errors.unknownScope(SCOPES);
  return scopes;
}

function readMinutes(expiresInMinutes: unknown): number {
  const minutes = expiresInMinutes ?? 1440;
  if (typeof minutes === "number" && Number.isInteger(minutes) && minutes >= 60 && minutes <= 1440) return minutes;
  throw errors.invalidMinutes(JSON.stringify(minutes));
}
