import { resolve, sep } from "node:path";
import { explain, howToSet, readArguments, USAGE } from "./command-line.ts";
import { savedCertificate } from "./saved-certificate.ts";
import { startEmulator } from "./server.ts";
import { trace } from "./trace.ts";

/** `npm run emulator`. */
async function main(): Promise<void> {
  const { port, help } = readArguments(process.argv.slice(2));
  if (help) return console.log(USAGE);

  const { caFile, ...certificate } = await savedCertificate(resolve(".emulator"));
  const emulator = await startEmulator({ certificate, port, watch: trace() });
  // Ctrl-Break on Windows is SIGBREAK.
  for (const signal of ["SIGINT", "SIGTERM", "SIGBREAK"] as const) process.on(signal, () => emulator.close());

  const { env, bash, PowerShell, cmd } = howToSet({
    COMMUNICATION_SERVICES_CONNECTION_STRING: emulator.connectionString,
    // In quotes, dotenv could take a backslash for an escape character. Windows accepts slashes.
    NODE_EXTRA_CA_CERTS: caFile.replaceAll(sep, "/"),
  });
  console.log(env);
  console.error(`
The emulator of the Identity service is running. It keeps everything in memory. Ctrl-C stops it.
To use it from another terminal, set both variables there before you start a program:

  bash        ${bash}
  PowerShell  ${PowerShell}
  cmd         ${cmd}

(.env may have COMMUNICATION_SERVICES_CONNECTION_STRING, but not NODE_EXTRA_CA_CERTS: Node reads that when it starts.)

Requests and responses:`);
}

main().catch((error) => {
  console.error(explain(error));
  process.exitCode = 1;
});
