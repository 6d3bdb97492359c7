import { resolve, sep } from "node:path";
import { explain, howToUse, readArguments, USAGE } from "./command-line.ts";
import { savedCertificate } from "./saved-certificate.ts";
import { startEmulator } from "./server.ts";
import { trace } from "./trace.ts";

/** `npm run emulator`. */
async function main(): Promise<void> {
  const { port, help } = readArguments(process.argv.slice(2));
  if (help) return console.log(USAGE);

  const { certificate, caFile } = await savedCertificate(resolve(".emulator"));
  const emulator = await startEmulator({ certificate, port, watch: trace() });
  // Ctrl-Break on Windows is SIGBREAK.
  for (const signal of ["SIGINT", "SIGTERM", "SIGBREAK"] as const) process.on(signal, () => emulator.close());

  // Inside quotes, a backslash is an escape character. Windows accepts slashes.
  const { env, instructions } = howToUse(emulator.connectionString, caFile.replaceAll(sep, "/"));
  console.log(env);
  console.error(instructions);
}

// Like `npm start | head -1`: if the reader has seen enough, that isn't a failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 1));
}

main().catch((error) => {
  console.error(explain(error));
  process.exitCode = 1;
});
