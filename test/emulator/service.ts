import { randomBytes } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { PREVIEW, RECORDED_VERSIONS, readApiVersion, unsupportedApiVersion } from "./api-versions.ts";
import type { Identities, Identity } from "./identities.ts";
import { type Body, parseBody, readBody, readCustomId, readMinutes, readScopes } from "./requests.ts";
import { ServiceError, toResponse } from "./service-error.ts";
import { checkSignature } from "./signature.ts";
import { issueToken } from "./tokens.ts";

type Env = { Bindings: HttpBindings; Variables: { rawBody: Buffer | undefined; apiVersion: string; body: Body } };

/** Sees each request before the service acts on it, and the response before it is sent. */
export type Middleware = MiddlewareHandler<Env>;

/**
 * The Identity service: its responses, as its OpenAPI description (2025-03-02-preview) and the recorded sessions of the
 * SDKs' tests have them.
 *
 * @param accessKey - The key that requests must be signed with, base64.
 * @param watch - Sees each request once its body has been received.
 */
export function createService(accessKey: string, identities: Identities, watch: Middleware) {
  const service = new Hono<Env>();
  service.use(stampHeaders, receiveBody, watch, authenticateWith(accessKey), checkRequest);

  service.post("/identities", async (c) => {
    const { apiVersion, body } = c.var;
    const customId = apiVersion === PREVIEW ? readCustomId(body) : undefined;
    const wanted = body.createTokenWithScopes ?? [];
    const scopes = Array.isArray(wanted) && wanted.length === 0 ? [] : readScopes(wanted);
    const minutes = readMinutes(body);

    const identity = identities.create(customId);
    const accessToken = scopes.length > 0 ? await issueToken(identity, scopes, minutes) : undefined;
    return c.json({ identity: describe(identity, apiVersion), accessToken }, 201);
  });

  service.get("/identities/:id", (c) => {
    const { apiVersion } = c.var;
    // Assumed: no recording shows the response of a version that does not have the operation.
    if (apiVersion !== PREVIEW) throw unsupportedApiVersion(c.req.url, apiVersion);
    return c.json(describe(identities.get(c.req.param("id")), apiVersion));
  });

  service.delete("/identities/:id", (c) => {
    identities.delete(c.req.param("id"));
    return c.body(null, 204);
  });

  // To Hono, a path segment that starts with a colon is a parameter: so `:issueAccessToken` is one that has only this value.
  service.post("/identities/:id/:action{:issueAccessToken}", async (c) => {
    const identity = identities.get(c.req.param("id"));
    const scopes = readScopes(c.var.body.scopes);
    return c.json(await issueToken(identity, scopes, readMinutes(c.var.body)));
  });

  // No response of the API shows whether a token was revoked, so there is nothing to store.
  service.post("/identities/:id/:action{:revokeAccessTokens}", (c) => {
    identities.get(c.req.param("id"));
    return c.body(null, 204);
  });

  // Assumed: no recording shows the response to an unknown operation.
  service.notFound(() => toResponse(new ServiceError(404, "NotFound", "There is no such operation.")));
  service.onError((error) =>
    toResponse(error instanceof ServiceError ? error : new ServiceError(500, "InternalError", error.message)),
  );
  return service;
}

const stampHeaders: Middleware = async (c, next) => {
  await next();
  c.header("api-supported-versions", RECORDED_VERSIONS);
  c.header("MS-CV", `${randomBytes(16).toString("base64").slice(0, 22)}.0`);
  c.header("x-ms-client-request-id", c.req.header("x-ms-client-request-id"));
};

const receiveBody: Middleware = async (c, next) => {
  c.set("rawBody", await readBody(c.env.incoming));
  await next();
};

function authenticateWith(accessKey: string): Middleware {
  return async (c, next) => {
    // Assumed: no recording shows the response to a body that is too large.
    if (!c.var.rawBody) throw new ServiceError(413, "RequestEntityTooLarge", "The body is too large.");
    checkSignature(c.env.incoming, c.var.rawBody, accessKey);
    await next();
  };
}

const checkRequest: Middleware = async (c, next) => {
  c.set("apiVersion", readApiVersion(c.req.url));
  c.set("body", parseBody(String(c.var.rawBody)));
  await next();
};

/** An identity as the service describes it. Only the preview shows custom IDs, and when a token was issued. */
function describe({ id, customId, lastTokenIssuedAt }: Identity, apiVersion: string) {
  if (apiVersion !== PREVIEW) return { id };
  const issuedAt = lastTokenIssuedAt?.toISOString().replace(/\.\d+Z$/, "+00:00");
  return { customId, lastTokenIssuedAt: issuedAt, id };
}
