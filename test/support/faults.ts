import { setTimeout as delay } from "node:timers/promises";
import type { HttpBindings } from "@hono/node-server";
import type { Context, MiddlewareHandler, Next } from "hono";
import { operationOf } from "./emulator";

/** What happens to a request on its way to the service, or to its answer on the way back. */
export type Fault = (c: Context<{ Bindings: HttpBindings }>, next: Next) => Promise<Response | undefined>;

/**
 * Has a fault happen to requests of one operation, or to any request.
 *
 * @param which - The nth of them, 1 being the first, or each.
 */
export function on(operation: string, which: number | "each", fault: Fault): MiddlewareHandler {
  let count = 0;
  return async (c, next) => {
    if (operation !== "any" && operation !== operationOf(c)) return next();
    count++;
    return which === "each" || which === count ? ((await fault(c, next)) ?? c.res) : next();
  };
}

/** The answer is this one, and the service is not asked. */
export function answer(status: number, body: string, headers: Record<string, string> = {}): Fault {
  const init = { status, headers: { "content-type": "application/json", ...headers } };
  return async () => new Response(status === 204 ? null : body, init);
}

/** The answer is an error in the service's form. */
export function error(status: number, code: string, message = code, headers: Record<string, string> = {}): Fault {
  return answer(status, JSON.stringify({ error: { code, message } }), headers);
}

/** The connection breaks before the service sees the request. */
export const dropped: Fault = async (c) => {
  c.env.incoming.socket.destroy();
  return new Response(null);
};

/** The connection breaks when the service has done what it was asked. */
export const droppedAfterwards: Fault = async (c, next) => {
  await next();
  return dropped(c, next);
};

/** The connection breaks in the middle of the answer. */
export const brokenOff: Fault = async (c, next) => {
  c.env.incoming.socket.write(`${HEAD}{"identity":{"id":`);
  await delay(50);
  return dropped(c, next);
};

/** The answer's head comes, and its body never does. */
export const stalled: Fault = async (c) => {
  c.env.incoming.socket.write(HEAD);
  return never;
};

/** No answer comes. */
export const silent: Fault = () => never;

/** The answer comes later. */
export function delayed(milliseconds: number): Fault {
  return async (_, next) => {
    await delay(milliseconds);
    await next();
    return undefined;
  };
}

const HEAD = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n";
const never = new Promise<Response>(() => {});
