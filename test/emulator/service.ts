import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { HttpBindings } from "@hono/node-server";
import { Hono, type MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { ISSUING_VERSIONS, PREVIEW, RECORDED_VERSIONS, readApiVersion } from "./api-versions.ts";
import { errors, MISSING_SCOPES } from "./errors.ts";
import type { Identities, Identity } from "./identities.ts";
import { type Body, parseBody, readCreation, readIssuing } from "./requests.ts";
import { checkCredential } from "./signature.ts";
import { issueToken } from "./tokens.ts";

type Env = { Bindings: HttpBindings; Variables: { rawBody: Buffer; apiVersion: string; body: Body } };

/** Sees each request before the service does, and can respond in its place or change its response. */
export type Middleware = MiddlewareHandler<Env>;

/**
 * The Identity service. It responds as its OpenAPI description (2025-03-02-preview) and the recorded sessions of the SDKs'
 * live tests show.
 *
 * @param accessKey - The key that requests must be signed with, base64.
 * @param intercept - Sees each request once its body has been received.
 */
export function createService(accessKey: string, identities: Identities, intercept: Middleware) {
  const service = new Hono<Env>();
  service.use(stampHeaders, receiveBody, intercept, async (c, next) => {
    checkCredential(c.env.incoming, c.var.rawBody, accessKey);
    c.set("apiVersion", readApiVersion(c.req.url));
    c.set("body", parseBody(String(c.var.rawBody)));
    await next();
    if (c.res.ok && c.res.body) c.header("content-type", "application/json; charset=utf-8");
  });

  service.post("/identities", async (c) => {
    const { customId, scopes, minutes } = readCreation(c.var.body, c.var.apiVersion);
    const identity = identities.create(customId);
    const accessToken = scopes.length > 0 ? await issueToken(identity, scopes, minutes) : undefined;
    // Recorded: without a custom ID, there is no `lastTokenIssuedAt` here.
    return c.json({ identity: customId === undefined ? { id: identity.id } : toJson(identity), accessToken }, 201);
  });

  service.get("/identities/:id", (c) => {
    const { apiVersion } = c.var;
    if (apiVersion !== PREVIEW) throw errors.unsupportedApiVersion(c.req.url, apiVersion);
    // Assumed for an identity without a custom ID: that this shows its `lastTokenIssuedAt`.
    return c.json(toJson(identities.get(c.req.param("id"))));
  });

  service.delete("/identities/:id", (c) => {
    identities.delete(c.req.param("id"));
    return c.body(null, 204);
  });

  // In Hono, a path segment that starts with a colon is a parameter: `:issueAccessToken` is one with only this value.
  service.post("/identities/:id/:action{:issueAccessToken}", async (c) => {
    const identity = identities.get(c.req.param("id"));
    const { scopes, minutes } = readIssuing(c.var.body);
    return c.json(await issueToken(identity, scopes, minutes));
  });

  // No response of the API shows whether a token was revoked, so there is nothing to store.
  service.post("/identities/:id/:action{:revokeAccessTokens}", (c) => {
    identities.get(c.req.param("id"));
    return c.body(null, 204);
  });

  service.notFound(() => errors.unknownOperation().getResponse());
  service.onError((error) => (error instanceof HTTPException ? error : errors.internal(error)).getResponse());
  return service;
}

const stampHeaders: Middleware = async (c, next) => {
  await next();
  // Recorded: the response to a body without scopes doesn't have this header.
  const versions = c.req.path.endsWith("/:issueAccessToken") ? ISSUING_VERSIONS : RECORDED_VERSIONS;
  if (c.error?.message !== MISSING_SCOPES) c.header("api-supported-versions", versions);
  c.header("MS-CV", `${randomBytes(16).toString("base64").slice(0, 22)}.0`);
  c.header("x-ms-client-request-id", c.req.header("x-ms-client-request-id"));
};

const receiveBody: Middleware = async (c, next) => {
  c.set("rawBody", await buffer(c.env.incoming));
  await next();
};

/** An identity as the preview describes it. */
function toJson({ id, customId, lastTokenIssuedAt }: Identity) {
  return { customId, lastTokenIssuedAt: lastTokenIssuedAt?.toISOString().replace(/\.\d+Z$/, "+00:00"), id };
}
