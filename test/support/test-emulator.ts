import { test as plainTest, type TestContext, type TestOptions } from "node:test";
import { savedCertificate } from "../emulator/certificate.ts";
import { startEmulator } from "../emulator/emulator.ts";
import type { Middleware } from "../emulator/service.ts";
import type { Fault } from "./faults.ts";
import { temporaryFolder } from "./folder.ts";

export const CREATE = "POST /identities";
export const GET = "GET /identities/{id}";
export const ISSUE = "POST /identities/{id}/:issueAccessToken";
export const DELETE = "DELETE /identities/{id}";

/** An emulator for one test, on a free port. */
export type TestEmulator = Awaited<ReturnType<typeof startTestEmulator>>;

let shared: ReturnType<typeof savedCertificate> | undefined;

/** A request as the emulator received it. Its operation is for example `POST /identities/{id}/:issueAccessToken`. */
function newRequest(c: Parameters<Middleware>[0]) {
  const operation = `${c.req.method} ${c.req.path.replace(/^\/identities\/[^/]+/, "/identities/{id}")}`;
  const [url, headers, body] = [c.env.incoming.url ?? "", c.req.header(), String(c.var.rawBody)];
  // The status is 0 if there is no response.
  return { operation, url, headers, body, status: 0, response: "", at: performance.now() };
}

/** Starts an emulator that stops when the test ends. All of a process's test emulators have the same certificate. */
export async function startTestEmulator(t: TestContext) {
  shared ??= savedCertificate(temporaryFolder());
  const { certificate, caFile } = await shared;
  const seen: ReturnType<typeof newRequest>[] = [];
  const faults: { operation: string; which: number | "each"; fault: Fault; count: number }[] = [];

  const intercept: Middleware = async (c, next) => {
    const request = newRequest(c);
    const { operation } = request;
    seen.push(request);

    const matching = faults.filter((rule) => rule.operation === "any" || rule.operation === operation);
    for (const rule of matching) rule.count++;
    const rule = matching.find(({ which, count }) => which === "each" || which === count);
    const response = rule ? await rule.fault(c, next) : await next();
    // Hono ignores a response that a middleware returns after `next()`. (What `next()` returns is something else.)
    if (response instanceof Response) c.res = response;
    request.status = c.res.status;
    request.response = await c.res.clone().text();
  };

  const emulator = await startEmulator({ certificate, intercept });
  t.after(() => emulator.close());
  const testEmulator = {
    ...emulator,
    seen,
    /** The number of TLS connections opened so far. */
    connections: 0,
    /** The variables that a child process needs to use this emulator. */
    env: { COMMUNICATION_SERVICES_CONNECTION_STRING: emulator.connectionString, NODE_EXTRA_CA_CERTS: caFile },
    /**
     * Sets a fault for requests from now on. If several apply to a request, the one that was set first wins.
     *
     * @param operation - For example `CREATE`, or "any".
     * @param which - The nth of these requests, 1 being the next one, or each of them.
     */
    on: (operation: string, which: number | "each", fault: Fault) =>
      void faults.push({ operation, which, fault, count: 0 }),
  };
  emulator.server.on("secureConnection", () => testEmulator.connections++);
  return testEmulator;
}

type Run = (emulator: TestEmulator, t: TestContext) => Promise<void> | void;

/** A test that gets its own emulator. */
export function test(name: string, ...args: [run: Run] | [options: TestOptions, run: Run]): void {
  const [options, run] = args.length === 1 ? [{}, args[0]] : args;
  plainTest(name, options, async (t) => run(await startTestEmulator(t), t));
}
