import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Context, MiddlewareHandler } from "hono";
import { createCertificate } from "../emulator/certificate";
import { type Emulator, startEmulator } from "../emulator/server";
import { temporaryFolder } from "./folder";
import type { Result } from "./process";

/** A request as the emulator saw it, and what it answered. */
export interface SeenRequest {
  /** For example `POST /identities/{id}/:issueAccessToken`. */
  operation: string;
  /** When it came, by the clock of `performance.now()`. */
  at: number;
  /** As it came over the wire: the path with the ID in it, and the query. */
  url: string;
  headers: Record<string, string>;
  body: string;
  /** 0 when it was not answered. */
  status: number;
  answer: string;
}

/** An emulator of a test's own, on a free port. */
export interface TestEmulator extends Emulator {
  seen: SeenRequest[];
  /** How many TLS connections were opened. */
  connections: number;
  /** The CA, for clients in this process. PEM. */
  ca: string;
  /** The variables that a child process needs to use it. */
  env: { COMMUNICATION_SERVICES_CONNECTION_STRING: string; NODE_EXTRA_CA_CERTS: string };
}

let files: ReturnType<typeof makeFiles> | undefined;

async function makeFiles() {
  const certificate = await createCertificate();
  const caFile = join(temporaryFolder(), "ca.pem");
  writeFileSync(caFile, certificate.ca);
  return { certificate, caFile };
}

/**
 * Starts an emulator that ends with the test.
 *
 * @param fault - What happens to its requests, from `faults.ts`.
 */
export async function emulatorFor(t: TestContext, fault?: MiddlewareHandler): Promise<TestEmulator> {
  files ??= makeFiles();
  const { certificate, caFile } = await files;
  const seen: SeenRequest[] = [];
  const record: MiddlewareHandler = async (c, next) => {
    const request = {
      operation: operationOf(c),
      at: performance.now(),
      url: c.req.url.replace(/^https:\/\/[^/]+/, ""),
      headers: c.env.incoming.headers as Record<string, string>,
      body: "",
      status: 0,
      answer: "",
    };
    seen.push(request);
    const response = fault ? await fault(c, next) : await next();
    if (response instanceof Response) c.res = response;
    request.body = String(c.get("rawBody") ?? "");
    request.status = c.res.status;
    request.answer = await c.res.clone().text();
  };
  const emulator = await startEmulator(certificate, 0, record);
  t.after(() => emulator.close());
  const env = { COMMUNICATION_SERVICES_CONNECTION_STRING: emulator.connectionString, NODE_EXTRA_CA_CERTS: caFile };
  const testEmulator: TestEmulator = { ...emulator, seen, connections: 0, ca: certificate.ca, env };
  emulator.server.on("secureConnection", () => testEmulator.connections++);
  return testEmulator;
}

/** How long a process went on after an emulator had seen the first request that it did not answer with success, in ms. */
export function timeAfterFailure({ seen }: TestEmulator, { endedAt }: Result): number {
  const failed = seen.find(({ status }) => status === 0 || status >= 400);
  return endedAt - (failed?.at ?? 0);
}

/** What a request asks for, without the ID in its path. */
export function operationOf(c: Context): string {
  const path = new URL(c.req.url).pathname.replace(/^\/identities\/[^/]+/, "/identities/{id}");
  return `${c.req.method} ${path}`;
}
