import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { scripts } from "../../package.json";
import { createCertificate } from "./certificate";
import { startEmulator } from "./server";

/** `npm run start:emulator`: runs the command of `npm start` against an emulator that lives as long as it does. */
async function main(): Promise<void> {
  const certificate = await createCertificate();
  const emulator = await startEmulator(certificate);
  const folder = mkdtempSync(join(tmpdir(), "identity-emulator-"));
  const caFile = join(folder, "ca.pem");
  writeFileSync(caFile, certificate.ca);

  console.error("Running against a local emulator of the Identity service: no Azure resource is used.");
  const [, ...args] = scripts.start.split(" ");
  const quickstart = spawn(process.execPath, args, {
    stdio: "inherit",
    env: {
      ...process.env,
      ...withoutProxy,
      COMMUNICATION_SERVICES_CONNECTION_STRING: emulator.connectionString,
      NODE_EXTRA_CA_CERTS: caFile,
    },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // The emulator has to outlive the quickstart's cleanup. On Windows a signal cannot be passed on, and Ctrl-C reaches
    // the quickstart by itself.
    process.on(signal, () => process.platform === "win32" || quickstart.kill(signal));
  }

  const [code, signal] = await once(quickstart, "close");
  emulator.close();
  rmSync(folder, { recursive: true });
  process.exitCode = code ?? 128 + constants.signals[signal as NodeJS.Signals];
}

// Set, though empty: a proxy that is named in .env does not get in either.
const withoutProxy = Object.fromEntries(
  ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].flatMap((name) => [
    [name, ""],
    [name.toLowerCase(), ""],
  ]),
);

main();
