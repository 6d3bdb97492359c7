import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Agent, request } from "node:https";
import { text } from "node:stream/consumers";
import type { TestEmulator } from "./emulator";

/** An answer, as it came over the wire. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What to send, beyond method and path. */
export interface RequestOptions {
  /** Text as it is, anything else as JSON. */
  body?: unknown;
  apiVersion?: string | null;
  accessKey?: string;
  date?: Date;
  /** Headers that are added or replaced when the request is signed already. */
  headers?: Record<string, string>;
  /** A body that is sent instead of the one that was signed. */
  tamperedBody?: string;
  agent?: Agent;
}

/**
 * Sends a request without the SDK, signed as the service's documentation of access key authentication says. It shares
 * nothing with the emulator's check, so that the two can disagree.
 */
export async function send(
  { connectionString, ca }: TestEmulator,
  method: string,
  path: string,
  { body = "", apiVersion = "2025-03-02-preview", headers = {}, tamperedBody, agent, ...options }: RequestOptions = {},
): Promise<Answer> {
  const [, endpoint = "", key = ""] = /^endpoint=(.*);accesskey=(.*)$/.exec(connectionString) ?? [];
  const { host, hostname, port } = new URL(endpoint);
  const target = apiVersion === null ? path : `${path}?api-version=${apiVersion}`;
  const content = typeof body === "string" ? body : JSON.stringify(body);
  const hash = createHash("sha256").update(content, "utf8").digest("base64");
  const date = (options.date ?? new Date()).toUTCString();
  const hmac = createHmac("sha256", Buffer.from(options.accessKey ?? key, "base64"));
  const signature = hmac.update(`${method}\n${target}\n${date};${host};${hash}`, "utf8").digest("base64");
  return new Promise((resolve, reject) => {
    const outgoing = request({
      method,
      hostname,
      servername: hostname,
      port,
      path: target,
      ca,
      agent: agent ?? false,
      headers: {
        host,
        "content-length": Buffer.byteLength(tamperedBody ?? content),
        "x-ms-date": date,
        "x-ms-content-sha256": hash,
        authorization: `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`,
        ...headers,
      },
    });
    outgoing.on("error", reject);
    outgoing.on("response", async (response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: await text(response) });
    });
    outgoing.end(tamperedBody ?? content);
  });
}

/** The answer's body, which must be JSON. */
export function json({ headers, body }: Answer) {
  if (!headers["content-type"]?.startsWith("application/json")) throw new Error(`no JSON: ${body}`);
  return JSON.parse(body);
}

/** Checks an answer's status and body, to the letter. */
export function assertAnswer(answer: Answer, status: number, body?: unknown): void {
  assert.equal(answer.status, status, answer.body);
  if (body === undefined) assert.equal(answer.body, "");
  else assert.deepEqual(json(answer), body);
}

/** The path of an identity, and of an operation on it. */
export function at(id: string, operation = ""): string {
  return `/identities/${encodeURIComponent(id)}${operation && `/:${operation}`}`;
}

export async function create(emulator: TestEmulator, body: unknown = {}): Promise<string> {
  const answer = await send(emulator, "POST", "/identities", { body });
  assert.equal(answer.status, 201, answer.body);
  return json(answer).identity.id;
}

/** Checks that an answer is a `ValidationError`, with this message and target. */
export function assertValidationError(answer: Answer, message: string, target: string): void {
  assertAnswer(answer, 400, { error: { code: "ValidationError", message, target } });
}
