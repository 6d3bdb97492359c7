import { HTTPException } from "hono/http-exception";

/** The only message whose response is recorded without the header `api-supported-versions`. */
export const MISSING_SCOPES = "Scopes: The Scopes field is required.";

/**
 * Every error of the service. Each one is *recorded* (in the sessions of the SDKs' live tests), *published* (in Microsoft's
 * documentation, samples or issues) or *assumed*.
 */
export const errors = {
  /** Recorded. */
  denied: () => newError(401, "Denied", "Denied by the resource provider."),
  /** Published. */
  wrongContentHash: () => newError(401, "Denied", "Request 'x-ms-content-sha256' differs from generated content hash."),
  /** Recorded. */
  notOwned: () => newError(401, "IdentityNotOwned", "Provided identity doesn't belong to the resource."),
  /** The message is published. The status and the code are assumed. */
  deleted: () => newError(401, "IdentityNotOwned", "Provided identity doesn't exist."),

  /** Assumed. */
  noApiVersion: () => newError(400, "ApiVersionUnspecified", "An API version is required, but was not specified."),
  /** Recorded for an unknown version. Assumed for a version that doesn't have the operation. */
  unsupportedApiVersion: (url: string, version: string) => {
    const [uri] = url.split("?");
    const message = `The HTTP resource that matches the request URI '${uri}' does not support the API version '${version}'.`;
    return newError(400, "UnsupportedApiVersion", message);
  },

  /** Assumed. */
  invalidBody: () => invalid("body", "The request body must be a JSON object."),
  /** Assumed. */
  invalidCustomId: () => invalid("CustomId", "CustomId must be a string of 1 to 256 characters."),
  /** Recorded. */
  missingScopes: () => invalid("Scopes", MISSING_SCOPES),
  /** Recorded. */
  emptyScopes: () => invalid("scopes", "Invalid scopes - Scopes field is required."),
  /** Assumed. */
  unknownScope: (known: string[]) => invalid("scopes", `Invalid scopes - Each must be one of ${known.join(", ")}.`),
  /** Recorded for a whole number. Assumed for other values. */
  invalidMinutes: (value: string) => {
    const message = `ExpiresInMinutes value ${value} is invalid. Value must be within the [60, 1440] interval.`;
    return invalid("ExpiresInMinutes", message);
  },

  /** Assumed. */
  unknownOperation: () => newError(404, "NotFound", "There is no such operation."),
  /** Assumed. Either the client closed the connection, or the emulator has a bug. */
  internal: ({ message }: Error) => newError(500, "InternalError", message),
};

function invalid(target: string, message: string): HTTPException {
  return newError(400, "ValidationError", message, target);
}

function newError(status: 400 | 401 | 404 | 500, code: string, message: string, target?: string): HTTPException {
  const res = Response.json({ error: { code, message, target } }, { status });
  return new HTTPException(status, { message, res });
}
