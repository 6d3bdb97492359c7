import { setTimeout as delay } from "node:timers/promises";
import type { Middleware } from "../emulator/service.ts";

/**
 * What happens to a request on its way to the service, or to its response on the way back. `next()` lets the service act;
 * a response that the fault returns replaces the service's.
 */
export type Fault = Middleware;

/** Responds in place of the service. */
export function respond(status: number, body: string, headers: Record<string, string> = {}): Fault {
  const init = { status, headers: { "content-type": "application/json", ...headers } };
  return async () => new Response(status === 204 ? null : body, init);
}

/** Responds with an error in the service's form. */
export function error(status: number, code: string, message = code, headers: Record<string, string> = {}): Fault {
  return respond(status, JSON.stringify({ error: { code, message } }), headers);
}

/** Closes the connection before the service sees the request. */
export const dropped: Fault = (c) => {
  c.env.incoming.socket.destroy();
  return never;
};

/** Closes the connection after the service has acted, without a response. */
export const droppedAfterwards: Fault = async (c, next) => {
  await next();
  return dropped(c, next);
};

/** Closes the connection in the middle of the response. The service does not see the request. */
export const brokenOff: Fault = (c) => {
  c.env.incoming.socket.end(`${HEAD}{"identity":{"id":`);
  return never;
};

/** Sends the head of a response, and never its body. The service does not see the request. */
export const stalled: Fault = (c) => {
  c.env.incoming.socket.write(HEAD);
  return never;
};

/** Never responds. The service does not see the request. */
export const silent: Fault = () => never;

/** Delays the request by some milliseconds. */
export function delayed(milliseconds: number): Fault {
  return async (_, next) => {
    await delay(milliseconds);
    await next();
  };
}

const HEAD = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n";
const never = new Promise<never>(() => {});
