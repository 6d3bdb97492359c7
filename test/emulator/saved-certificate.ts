import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Certificate, createCertificate } from "./certificate.ts";

/** A saved certificate that expires sooner than this is replaced, in milliseconds. */
const RENEWAL = 7 * 24 * 60 * 60_000;

/**
 * Reads the certificate that is saved in a folder, or creates one and saves it there, readable by the user only. A client
 * that trusts it still trusts the emulator after a restart.
 *
 * @returns The certificate, and the path of its file.
 * @throws Error with `code` and `path` if the folder isn't writable.
 */
export async function savedCertificate(folder: string): Promise<{ certificate: Certificate; caFile: string }> {
  const [caFile, keyFile] = [join(folder, "ca.pem"), join(folder, "key.pem")];
  const saved = read(caFile, keyFile);
  if (saved) return { certificate: saved, caFile };

  const certificate = await createCertificate();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(caFile, certificate.ca, { mode: 0o600 });
  writeFileSync(keyFile, certificate.key, { mode: 0o600 });
  return { certificate, caFile };
}

function read(caFile: string, keyFile: string): Certificate | undefined {
  try {
    const [ca, key] = [readFileSync(caFile, "utf8"), readFileSync(keyFile, "utf8")];
    const x509 = new X509Certificate(ca);
    const isValid = x509.checkPrivateKey(createPrivateKey(key)) && Date.parse(x509.validTo) - Date.now() > RENEWAL;
    return isValid ? { ca, key } : undefined;
  } catch {
    return undefined; // Missing or damaged.
  }
}
