import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { text } from "node:stream/consumers";
import type { Emulator } from "../emulator/emulator.ts";

/** A response, as received. */
export type Received = { status: number; headers: IncomingHttpHeaders; body: string };

/** What to send, in addition to method and path. */
export interface RequestOptions {
  /** Text is sent unchanged, anything else as JSON. */
  body?: unknown;
  apiVersion?: string | null;
  accessKey?: string;
  date?: Date;
  /** Default: x-ms-date, host and x-ms-content-sha256. */
  signedHeaders?: string[];
  /** Headers to add or replace after the request has been signed. */
  headers?: Record<string, string>;
  /** A body to send instead of the signed one. */
  tamperedBody?: string;
}

/**
 * Sends a request without the SDK, signed as the documentation of access key authentication describes it. It shares no
 * code with the emulator's signature check, so a test finds a mistake in either.
 */
export async function send(
  { connectionString, ca }: Pick<Emulator, "connectionString" | "ca">,
  method: string,
  path: string,
  { body = "", apiVersion = "2025-03-02-preview", headers = {}, tamperedBody, ...options }: RequestOptions = {},
): Promise<Received> {
  const [, endpoint = "", key = ""] = /^endpoint=(.*);accesskey=(.*)$/.exec(connectionString) ?? [];
  const { host, hostname, port } = new URL(endpoint);
  const target = apiVersion === null ? path : `${path}?api-version=${apiVersion}`;
  const content = typeof body === "string" ? body : JSON.stringify(body);
  const hash = createHash("sha256").update(content, "utf8").digest("base64");
  const date = (options.date ?? new Date()).toUTCString();
  const { accessKey = key, signedHeaders = ["x-ms-date", "host", "x-ms-content-sha256"] } = options;
  const available: Record<string, string> = { "x-ms-date": date, date, host, "x-ms-content-sha256": hash };
  const values = signedHeaders.map((name) => available[name]);
  const hmac = createHmac("sha256", Buffer.from(accessKey, "base64"));
  const signature = hmac.update(`${method}\n${target}\n${values.join(";")}`, "utf8").digest("base64");
  const allHeaders = {
    ...available,
    "content-length": Buffer.byteLength(tamperedBody ?? content),
    authorization: `HMAC-SHA256 SignedHeaders=${signedHeaders.join(";")}&Signature=${signature}`,
    ...headers,
  };
  const outgoing = request({ method, hostname, port, path: target, ca, headers: allHeaders });
  const [response] = await once(outgoing.end(tamperedBody ?? content), "response");
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** The response's body, which must be JSON. */
export function json({ headers, body }: Received) {
  assert.match(headers["content-type"] ?? "", /^application\/json/, body);
  return JSON.parse(body);
}

/** Checks that a response has exactly this status and JSON, or no body. */
export function assertResponse(response: Received, status: number, body?: unknown): void {
  assert.equal(response.status, status, response.body);
  if (body === undefined) assert.equal(response.body, "");
  else assert.deepEqual(json(response), body);
}

/** Checks that a response is an error in the service's form, with this status and code. */
export function assertError(response: Received, status: number, code: string, message?: string, target?: string): void {
  const { error } = json(response);
  const expected = { code, message: message ?? error.message, target };
  assert.deepEqual([response.status, { target: undefined, ...error }], [status, expected]);
}

/** The path of an identity, or of an operation on it. */
export function pathOf(id: string, operation = ""): string {
  return `/identities/${encodeURIComponent(id)}${operation && `/:${operation}`}`;
}

/** Creates an identity and returns its ID. */
export async function create(emulator: Emulator, body: unknown = {}): Promise<string> {
  const response = await send(emulator, "POST", "/identities", { body });
  assert.equal(response.status, 201, response.body);
  return json(response).identity.id;
}
