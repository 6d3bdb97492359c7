import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Certificate, createCertificate } from "./certificate";

/** A saved certificate with less time left than this is replaced, in milliseconds. */
const RENEWAL = 7 * 24 * 60 * 60_000;

const FILES = { ca: "ca.pem", cert: "cert.pem", key: "key.pem" };

/**
 * Reads the certificate that is saved in a folder, or makes one and saves it there, for its owner's eyes only. A client
 * that trusts it goes on trusting the emulator after a restart.
 *
 * @param folder - An absolute path. It is replaced as a whole when its certificate is about to expire.
 * @returns The certificate, and the path of its CA's file.
 */
export async function savedCertificate(folder: string): Promise<Certificate & { caFile: string }> {
  const certificate = read(folder) ?? (await save(folder));
  return { ...certificate, caFile: join(folder, FILES.ca) };
}

function read(folder: string): Certificate | undefined {
  if (!existsSync(folder)) return undefined;
  const file = (name: string) => readFileSync(join(folder, name), "utf8");
  try {
    const certificate = { ca: file(FILES.ca), cert: file(FILES.cert), key: file(FILES.key) };
    const x509 = new X509Certificate(certificate.cert);
    const belongsTogether =
      x509.checkPrivateKey(createPrivateKey(certificate.key)) &&
      x509.verify(new X509Certificate(certificate.ca).publicKey);
    if (belongsTogether && Date.parse(x509.validTo) - Date.now() > RENEWAL) return certificate;
  } catch {
    // Incomplete or unreadable: as good as expired.
  }
  rmSync(folder, { recursive: true });
  return undefined;
}

async function save(folder: string): Promise<Certificate> {
  const certificate = await createCertificate();
  const draft = mkdtempSync(`${folder}-`);
  for (const part of ["ca", "cert", "key"] as const) {
    writeFileSync(join(draft, FILES[part]), certificate[part], { mode: 0o600 });
  }
  try {
    renameSync(draft, folder);
    return certificate;
  } catch (error) {
    // Another emulator was started at the same time, and saved its certificate first.
    rmSync(draft, { recursive: true });
    const saved = read(folder);
    if (!saved) throw error;
    return saved;
  }
}
