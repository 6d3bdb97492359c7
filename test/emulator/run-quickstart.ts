import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificate } from "./certificate.ts";
import { explain } from "./command-line.ts";
import { startEmulator } from "./server.ts";
import { startCommand } from "./start-command.ts";
import { trace } from "./trace.ts";

/**
 * `npm run start:emulator`: runs the command of `npm start`, with the same arguments, against a new emulator.
 * `npm run start:trace` passes `--trace` as the first argument and also shows requests and responses on stderr.
 */
async function main(): Promise<void> {
  const [, , ...args] = process.argv;
  const isTraced = args[0] === "--trace";
  if (isTraced) args.shift();

  const certificate = await createCertificate();
  const folder = mkdtempSync(join(tmpdir(), "identity-emulator-"));
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, certificate.ca);
  const emulator = await startEmulator({ certificate, ...(isTraced && { watch: trace() }) });

  console.error("Running against a local emulator of the Identity service: no Azure resource is used.");
  const variables = {
    COMMUNICATION_SERVICES_CONNECTION_STRING: emulator.connectionString,
    NODE_EXTRA_CA_CERTS: caFile,
  };
  const env = { ...process.env, ...noProxies, ...variables };
  const quickstart = spawn(process.execPath, [...startCommand(), ...args], { stdio: "inherit", env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"] as const) {
    // The emulator must outlive the quickstart's cleanup. On Windows a signal can't be passed on, and the quickstart gets
    // Ctrl-C and Ctrl-Break itself.
    process.on(signal, () => process.platform === "win32" || quickstart.kill(signal));
  }
  const [code, signal] = await once(quickstart, "close");
  process.exitCode = code ?? 128 + constants.signals[signal as NodeJS.Signals];
  emulator.close();
  // On Windows a virus scanner may keep the file open. Then the folder stays, which does no harm.
  await rm(folder, { recursive: true, maxRetries: 5 }).catch(() => {});
}

// Empty rather than unset, so that dotenv can't fill them in from .env.
const noProxies = { HTTPS_PROXY: "", HTTP_PROXY: "", ALL_PROXY: "", https_proxy: "", http_proxy: "", all_proxy: "" };

// If the reader of the output has seen enough, the quickstart must still clean up, and the emulator must outlive that.
process.stderr.on("error", () => {});

main().catch((error) => {
  console.error(explain(error));
  process.exitCode = 1;
});
