import { once } from "node:events";
import { STATUS_CODES } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { MiddlewareHandler } from "hono";
import type { Certificate } from "./certificate";
import { Identities } from "./identities";
import { createService } from "./service";
import { ServiceError, toResponse } from "./service-error";

/**
 * The access key of every emulator, base64. It is no secret: it opens nothing but emulators, and they listen on the
 * loopback address only. Being fixed, it lets a connection string go on working after a restart.
 */
export const DEVELOPMENT_KEY = Buffer.from(
  "The access key of every Communication Identity emulator: no secret.",
).toString("base64");

// Assumed: no recording shows what the service answers to either.
const notValid = new ServiceError(400, "BadRequest", "This is not a valid request.");
const tooLarge = new ServiceError(431, "RequestHeaderFieldsTooLarge", "The request's headers are too large.");

/** A running emulator. */
export interface Emulator {
  connectionString: string;
  identities: Identities;
  server: Server;
  /** Ends at once, open connections and all. */
  close(): void;
}

/**
 * Starts an emulator of the Identity service on the loopback address.
 *
 * @param port - 0 for a free one.
 * @param watch - Sees each request before the service does, and each answer after it.
 * @throws Error with the code `EADDRINUSE` or `EACCES` when the port cannot be used.
 */
export async function startEmulator(
  { cert, key }: Certificate,
  port = 0,
  watch: MiddlewareHandler = (_, next) => next(),
): Promise<Emulator> {
  const identities = new Identities();
  const service = createService(DEVELOPMENT_KEY, identities, watch);
  const listener = getRequestListener(service.fetch, {
    // HTTP, but not a request that the service could be asked: one without a Host header, or with an invalid one.
    errorHandler: () => toResponse(notValid),
    overrideGlobalObjects: false,
  });
  const server = createServer({ cert, key, requireHostHeader: false }, listener);
  server.on("checkExpectation", listener);
  server.on("connect", (_, socket) => answerOnSocket(notValid, socket));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    answerOnSocket(error.code === "HPE_HEADER_OVERFLOW" ? tooLarge : notValid, socket);
  });

  // `closeAllConnections` does not know those whose TLS handshake is not done.
  const sockets = new Set<Duplex>();
  server.on("connection", (socket) => sockets.add(socket.on("close", () => sockets.delete(socket))));

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `https://localhost:${(server.address() as AddressInfo).port}/`;
  return {
    connectionString: `endpoint=${endpoint};accesskey=${DEVELOPMENT_KEY}`,
    identities,
    server,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Answers what never becomes a request, since Node's parser does not take it for one. */
async function answerOnSocket(error: ServiceError, socket: Duplex): Promise<void> {
  socket.on("error", () => {}); // The client may be gone already.
  const response = toResponse(error);
  const body = await response.text();
  if (!socket.writable) return;
  const head = [
    `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status]}`,
    ...Array.from(response.headers, ([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
