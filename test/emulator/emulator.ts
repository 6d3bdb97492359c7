import { once } from "node:events";
import { createServer, type Server } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { type Certificate, createCertificate } from "./certificate.ts";
import { Identities } from "./identities.ts";
import { createService, type Middleware } from "./service.ts";
import { tokenKeys } from "./tokens.ts";

/**
 * The access key of every emulator, base64. It isn't a secret: it works with emulators only, and they listen on the loopback
 * address only. It never changes, so a connection string still works after a restart.
 */
export const DEVELOPMENT_KEY = btoa("The access key of every Communication Identity emulator: no secret.");

/** A running emulator. */
export interface Emulator {
  /** `https://127.0.0.1:<port>/` */
  endpoint: string;
  connectionString: string;
  /** The certificate that a client must trust, PEM. */
  ca: string;
  identities: Identities;
  server: Server;
  /** Stops the emulator at once and closes its connections. */
  close(): void;
}

/** How to start an emulator. */
export interface EmulatorOptions {
  /** Default: a new certificate. */
  certificate?: Certificate;
  /** Default: 0, which picks a free port. */
  port?: number;
  /** Sees each request before the service does, and can respond in its place or change its response. */
  intercept?: Middleware;
}

/**
 * Starts an emulator of the Identity service on the loopback address.
 *
 * @throws Error with the code `EADDRINUSE` or `EACCES` if the port isn't available.
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { certificate, port = 0, intercept = (_, next) => next() } = options;
  tokenKeys(); // They take a while. They're ready when the first token is needed.
  const { ca, key } = certificate ?? (await createCertificate());
  const identities = new Identities();
  const service = createService(DEVELOPMENT_KEY, identities, intercept);
  // Without the option, it would replace the global Request and Response of the whole process, including the tests.
  const listener = getRequestListener(service.fetch, { overrideGlobalObjects: false });
  const server = createServer({ cert: ca, key }, listener);

  // `closeAllConnections` misses connections that haven't finished their TLS handshake.
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket.on("close", () => sockets.delete(socket))));

  await once(server.listen(port, "127.0.0.1"), "listening");
  // Not `localhost`: it may mean `::1` first, where another program may listen on the same port.
  const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const connectionString = `endpoint=${endpoint};accesskey=${DEVELOPMENT_KEY}`;
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { endpoint, connectionString, ca, identities, server, close };
}
