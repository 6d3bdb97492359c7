import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { scripts } from "../../package.json";
import { startEmulator } from "./server.ts";
import { trace } from "./trace.ts";

/**
 * `npm run start:emulator`: runs the command of `npm start` against an emulator of its own. With `--trace`, which is
 * `npm run start:trace`, shows its requests and responses on stderr.
 */
async function main(): Promise<void> {
  const emulator = await startEmulator(process.argv.includes("--trace") ? { watch: trace() } : {});
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"] as const) {
    // The emulator must outlive the quickstart's cleanup. On Windows a signal cannot be passed on, and Ctrl-C and
    // Ctrl-Break reach the quickstart without help.
    process.on(signal, () => process.platform === "win32" || quickstart.kill(signal));
  }
  const folder = mkdtempSync(join(tmpdir(), "identity-emulator-"));
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, emulator.ca);

  console.error("Running against a local emulator of the Identity service: no Azure resource is used.");
  const [, ...args] = scripts.start.split(" ");
  const quickstart = spawn(process.execPath, args, {
    stdio: "inherit",
    env: {
      ...process.env,
      ...noProxies,
      COMMUNICATION_SERVICES_CONNECTION_STRING: emulator.connectionString,
      NODE_EXTRA_CA_CERTS: caFile,
    },
  });
  const [code, signal] = await once(quickstart, "close");
  process.exitCode = code ?? 128 + constants.signals[signal as NodeJS.Signals];
  emulator.close();
  // On Windows a virus scanner may hold the file open. Then it stays, which does no harm.
  await rm(folder, { recursive: true, maxRetries: 5 }).catch(() => {});
}

// Empty rather than unset, so that dotenv cannot fill them in from .env.
const noProxies = {
  ...{ HTTPS_PROXY: "", HTTP_PROXY: "", ALL_PROXY: "" },
  ...{ https_proxy: "", http_proxy: "", all_proxy: "" },
};

main();
