import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { resolve } from "node:path";
import { scripts } from "../../package.json";
import { savedCertificate } from "./certificate.ts";
import { failStart } from "./cli.ts";
import { startEmulator } from "./emulator.ts";
import { trace } from "./trace.ts";

/**
 * `npm run start:emulator`: runs the command of `npm start`, with the same arguments, against a new emulator.
 * `npm run start:trace` passes `--trace` as the first argument and also shows requests and responses on stderr.
 */
async function main(): Promise<void> {
  const [, , ...args] = process.argv;
  const isTraced = args[0] === "--trace";
  if (isTraced) args.shift();
  const { certificate, caFile } = await savedCertificate(resolve(".emulator"), process.env.NODE_EXTRA_CA_CERTS);
  const emulator = await startEmulator({ certificate, ...(isTraced && { intercept: trace() }) });

  console.error("Running against a local emulator of the Identity service: no Azure resource is used.");
  const variables = {
    COMMUNICATION_SERVICES_CONNECTION_STRING: emulator.connectionString,
    NODE_EXTRA_CA_CERTS: caFile,
  };
  const env = { ...process.env, ...noProxies, ...noOverrides, ...variables };
  const [, ...command] = scripts.start.split(" ");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"] as const) {
    // The emulator must outlive the quickstart's cleanup. On Windows a signal can't be passed on, and the quickstart gets
    // Ctrl-C and Ctrl-Break itself.
    process.on(signal, () => process.platform === "win32" || quickstart.kill(signal));
  }
  const quickstart = spawn(process.execPath, [...command, ...args], { stdio: "inherit", env });
  const [code, signal] = await once(quickstart, "close");
  process.exitCode = code ?? 128 + constants.signals[signal as NodeJS.Signals];
  emulator.close();
}

// Empty rather than unset, so that dotenv can't fill them in from .env.
const noProxies = { HTTPS_PROXY: "", HTTP_PROXY: "", ALL_PROXY: "", https_proxy: "", http_proxy: "", all_proxy: "" };
// If these were set, and main.ts was changed to use dotenv itself, .env could replace the emulator's connection string.
const noOverrides = { DOTENV_OVERRIDE: "", DOTENV_CONFIG_OVERRIDE: "" };

// If the reader of the output has seen enough, the quickstart must still clean up, and the emulator must outlive that.
process.stderr.on("error", () => {});

main().catch(failStart);
