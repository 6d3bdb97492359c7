import type { IncomingMessage } from "node:http";
import { validationError } from "./service-error.ts";

const MAX_BODY_BYTES = 256 * 1024;

/** The scopes that an access token can have. */
const SCOPES = ["chat", "voip", "chat.join", "chat.join.limited", "voip.join"];
const DEFAULT_MINUTES = 1440;

/** A request's body: a JSON object whose members are not checked yet. */
export type Body = Readonly<Record<string, unknown>>;

/**
 * Receives a request's body: empty if there is none.
 *
 * @returns Nothing if the body is too large.
 */
export async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Without the option, leaving the loop would destroy the request, and the next one on its connection would fail.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Parses a request's body. An empty one counts as `{}`.
 *
 * @throws ServiceError 400 `ValidationError` if it is not a JSON object (assumed).
 */
export function parseBody(text: string): Body {
  if (text.trim() === "") return {};
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  } catch {
    // As invalid as JSON of another type.
  }
  throw validationError("The request body must be a JSON object.", "body");
}

/**
 * Reads the custom ID, if there is one.
 *
 * @throws ServiceError 400 `ValidationError` if it is not a string of 1 to 256 characters (assumed).
 */
export function readCustomId({ customId }: Body): string | undefined {
  if (customId === undefined || customId === null) return undefined;
  if (typeof customId === "string" && customId !== "" && customId.length <= 256) return customId;
  throw validationError("CustomId must be a string of 1 to 256 characters.", "CustomId");
}

/**
 * Reads the scopes of the token to issue.
 *
 * @throws ServiceError 400 `ValidationError` if there are none (as recorded), or if one does not exist (assumed).
 */
export function readScopes(scopes: unknown): string[] {
  if (!Array.isArray(scopes) || scopes.length === 0) {
    throw validationError("Invalid scopes - Scopes field is required.", "scopes");
  }
  if (!scopes.every((scope) => SCOPES.includes(scope))) {
    throw validationError(`Invalid scopes - Each must be one of ${SCOPES.join(", ")}.`, "scopes");
  }
  return scopes;
}

/**
 * Reads how long the token will be valid, in minutes: 24 hours unless the body says otherwise.
 *
 * @throws ServiceError 400 `ValidationError` if it is not from 60 to 1440 (as recorded), or not a whole number
 * (assumed).
 */
export function readMinutes({ expiresInMinutes }: Body): number {
  const minutes = expiresInMinutes ?? DEFAULT_MINUTES;
  if (typeof minutes === "number" && Number.isInteger(minutes) && minutes >= 60 && minutes <= 1440) {
    return minutes;
  }
  throw validationError(
    `ExpiresInMinutes value ${typeof minutes === "number" ? minutes : JSON.stringify(minutes)} is invalid. Value must be within the [60, 1440] interval.`,
    "ExpiresInMinutes",
  );
}
