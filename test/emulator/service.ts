import type { HttpBindings } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { checkApiVersion, PREVIEW, unsupportedApiVersion } from "./api-versions";
import { serviceHeaders } from "./headers";
import type { Identities, Identity } from "./identities";
import { type Body, parseBody, readBody, readCustomId, readMinutes, readScopes } from "./requests";
import { ServiceError, toResponse } from "./service-error";
import { checkSignature } from "./signature";
import { issueToken } from "./tokens";

type Env = { Bindings: HttpBindings; Variables: { rawBody: Buffer; apiVersion: string; body: Body } };

/**
 * The Identity service: what it answers to each request, as its OpenAPI description (2025-03-02-preview) and the
 * recorded sessions of the SDKs' tests have it.
 *
 * @param accessKey - What requests must be signed with, base64.
 * @param watch - Sees each request before the service does, and each answer after it.
 */
export function createService(accessKey: string, identities: Identities, watch: MiddlewareHandler) {
  const service = new Hono<Env>();

  service.use(watch);
  service.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(serviceHeaders())) c.header(name, value);
    c.header("x-ms-client-request-id", c.env.incoming.headers["x-ms-client-request-id"]?.toString());
  });
  service.use(async (c, next) => {
    const rawBody = await readBody(c.env.incoming);
    c.set("rawBody", rawBody);
    checkSignature(c.env.incoming, rawBody, accessKey);
    c.set("apiVersion", checkApiVersion(c.req.url));
    c.set("body", parseBody(rawBody.toString()));
    await next();
  });

  service.post("/identities", async (c) => {
    const { apiVersion, body } = c.var;
    const customId = apiVersion === PREVIEW ? readCustomId(body) : undefined;
    const scopes = isEmpty(body.createTokenWithScopes) ? [] : readScopes(body.createTokenWithScopes);
    const minutes = readMinutes(body);

    const identity = identities.create(customId);
    const accessToken = scopes.length > 0 ? await issueToken(identity, scopes, minutes) : undefined;
    return c.json({ identity: describe(identity, apiVersion), accessToken }, 201);
  });

  service.get("/identities/:id", (c) => {
    const { apiVersion } = c.var;
    // Assumed: no recording shows what a version that does not have the operation answers.
    if (apiVersion !== PREVIEW) throw unsupportedApiVersion(c.req.url, apiVersion);
    return c.json(describe(identities.get(c.req.param("id")), apiVersion));
  });

  service.delete("/identities/:id", (c) => {
    identities.delete(c.req.param("id"));
    return c.body(null, 204);
  });

  service.post("/identities/:id/:action{:issueAccessToken}", async (c) => {
    const identity = identities.get(c.req.param("id"));
    const scopes = readScopes(c.var.body.scopes);
    return c.json(await issueToken(identity, scopes, readMinutes(c.var.body)));
  });

  // Nothing that the API answers shows whether a token was revoked, so nothing is kept of it.
  service.post("/identities/:id/:action{:revokeAccessTokens}", (c) => {
    identities.get(c.req.param("id"));
    return c.body(null, 204);
  });

  // Assumed: no recording shows what the service answers to what it does not have.
  service.notFound(() => toResponse(new ServiceError(404, "NotFound", "There is no such operation.")));
  service.onError((error) =>
    toResponse(error instanceof ServiceError ? error : new ServiceError(500, "InternalError", error.message)),
  );
  return service;
}

/** An identity as the service describes it. Only the preview tells of custom IDs and tokens. */
function describe({ id, customId, lastTokenIssuedAt }: Identity, apiVersion: string) {
  if (apiVersion !== PREVIEW) return { id };
  const issuedAt = lastTokenIssuedAt?.toISOString().replace(/\.\d+Z$/, "+00:00");
  return { customId, lastTokenIssuedAt: issuedAt, id };
}

function isEmpty(scopes: unknown): boolean {
  return scopes === undefined || scopes === null || (Array.isArray(scopes) && scopes.length === 0);
}
