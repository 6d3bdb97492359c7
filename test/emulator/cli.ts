import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { MiddlewareHandler } from "hono";
import { savedCertificate } from "./saved-certificate";
import { startEmulator } from "./server";

const USAGE = `Runs an emulator of the Azure Communication Services Identity service on this machine, until Ctrl-C.

  npm run emulator -- [--port <number>]

  --port <number>  The port to listen on, on the loopback address. 0 picks a free one. The default is 8443.
  --help           Shows this text.`;

/** One line for each request, so that one sees what an SDK sends. Without headers and bodies: they hold the secrets. */
const logRequests: MiddlewareHandler = async (c, next) => {
  await next();
  const version = encodeURIComponent(c.req.query("api-version") ?? "");
  console.error(`${c.req.method} ${c.req.path} ${version || "(no api-version)"} ${c.res.status}`);
};

/** `npm run emulator`. */
async function main(): Promise<void> {
  const { port, help } = readOptions();
  if (help) return console.log(USAGE);

  const { caFile, ...certificate } = await savedCertificate(resolve(".emulator"));
  const emulator = await startEmulator(certificate, port, logRequests);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => emulator.close());

  // In quotation marks, dotenv and a shell take a backslash for something else. Node takes slashes on Windows too.
  const variables = {
    COMMUNICATION_SERVICES_CONNECTION_STRING: emulator.connectionString,
    NODE_EXTRA_CA_CERTS: caFile.replaceAll("\\", "/"),
  };
  const assignments = Object.entries(variables).map(([name, value]) => `${name}="${value}"`);
  console.log(assignments.join("\n"));
  console.error(`
The Identity service emulator is running. Everything it holds is in memory, and Ctrl-C ends it.
To use it from another terminal, set both variables there before you start a program:

  bash        export ${assignments.join(" ")}
  PowerShell  ${assignments.map((assignment) => `$env:${assignment}`).join("; ")}

(The first may stand in a .env file as well. The second may not: Node reads it when it starts.)

Its requests:`);
}

function readOptions(): { port: number; help: boolean } {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8443" },
      help: { type: "boolean", default: false },
    },
  });
  if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65_535) {
    throw new Error(`--port takes a number from 0 to 65535, not '${values.port}'`);
  }
  return { port: Number(values.port), help: values.help };
}

main().catch((error: NodeJS.ErrnoException & { port?: number }) => {
  const inUse = `Port ${error.port} is in use: choose another with --port, or 0 for a free one`;
  // Node's messages go on after the first sentence with advice that does not fit here.
  const [reason] = error.code === "EADDRINUSE" ? [inUse] : error.message.split(/\.\s/);
  console.error(`${reason}. See: npm run emulator -- --help`);
  process.exitCode = 1;
});
