import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import type { MiddlewareHandler } from "hono";
import type { Certificate } from "./certificate";
import { Identities } from "./identities";
import { createService } from "./service";
import { ServiceError, toResponse } from "./service-error";
import { TokenIssuer } from "./tokens";

/**
 * The access key of every emulator, base64. It is no secret: it opens nothing but emulators, and they listen on the
 * loopback address only. Being fixed, it lets a connection string go on working after a restart.
 */
export const DEVELOPMENT_KEY = Buffer.from(
  "The access key of every Communication Identity emulator: no secret.",
).toString("base64");

/** A running emulator. */
export interface Emulator {
  connectionString: string;
  identities: Identities;
  tokens: TokenIssuer;
  server: Server;
  /** Ends at once, open connections and all. */
  close(): void;
}

/**
 * Starts an emulator of the Identity service on the loopback address.
 *
 * @param port - 0 for a free one.
 * @param watch - Sees each request before the service does, and each answer after it.
 * @throws Error with the code `EADDRINUSE` or `EACCES` when the port is not to be had.
 */
export async function startEmulator(
  { cert, key }: Certificate,
  port = 0,
  watch: MiddlewareHandler = (_, next) => next(),
): Promise<Emulator> {
  const identities = new Identities();
  const tokens = new TokenIssuer();
  const service = createService({ accessKey: DEVELOPMENT_KEY, identities, tokens }, watch);
  // For what is HTTP, but not a request that the service could be asked, as one with an invalid Host header.
  const errorHandler = () => toResponse(new ServiceError(400, "BadRequest", "Not a valid request."));
  const server = createServer(
    { cert, key },
    getRequestListener(service.fetch, { errorHandler, overrideGlobalObjects: false }),
  );
  server.on("clientError", answerWhatIsNotHttp);

  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `https://localhost:${(server.address() as AddressInfo).port}/`;
  return {
    connectionString: `endpoint=${endpoint};accesskey=${DEVELOPMENT_KEY}`,
    identities,
    tokens,
    server,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What Node's parser does not take for HTTP, or finds too large, never reaches the service. */
async function answerWhatIsNotHttp(error: NodeJS.ErrnoException, socket: Duplex): Promise<void> {
  if (!socket.writable) return;
  const response = toResponse(
    error.code === "HPE_HEADER_OVERFLOW"
      ? new ServiceError(431, "RequestHeaderFieldsTooLarge", "The request's headers are too large.")
      : new ServiceError(400, "BadRequest", "Not a valid request."),
  );
  const body = await response.text();
  socket.end(
    `HTTP/1.1 ${response.status} Error\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
