import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Certificate, createCertificate } from "./certificate.ts";

/** A saved certificate that expires sooner than this is replaced, in milliseconds. */
const RENEWAL = 7 * 24 * 60 * 60_000;

/**
 * Reads the certificate that is saved in a folder, or creates one and saves it there, readable for the user only. So a
 * client that trusts it still trusts the emulator after a restart.
 *
 * @returns The certificate, and the path of its CA's file.
 * @throws Error with a message for the user if the folder cannot be written.
 */
export async function savedCertificate(folder: string): Promise<Certificate & { caFile: string }> {
  const certificate = read(folder) ?? (await save(folder));
  return { ...certificate, caFile: fileOf(folder, "ca") };
}

function read(folder: string): Certificate | undefined {
  const content = (part: keyof Certificate) => readFileSync(fileOf(folder, part), "utf8");
  try {
    const certificate = { ca: content("ca"), cert: content("cert"), key: content("key") };
    const x509 = new X509Certificate(certificate.cert);
    const belongsTogether =
      x509.checkPrivateKey(createPrivateKey(certificate.key)) &&
      x509.verify(new X509Certificate(certificate.ca).publicKey);
    return belongsTogether && Date.parse(x509.validTo) - Date.now() > RENEWAL ? certificate : undefined;
  } catch {
    return undefined; // Missing or damaged.
  }
}

async function save(folder: string): Promise<Certificate> {
  const certificate = await createCertificate();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const part of ["ca", "cert", "key"] as const) {
      writeFileSync(fileOf(folder, part), certificate[part], { mode: 0o600 });
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `Cannot write to ${folder} (${code}), where the emulator keeps its certificate. Make it a folder that you can write to, or delete it.`,
    );
  }
  return certificate;
}

function fileOf(folder: string, part: keyof Certificate): string {
  return join(folder, `${part}.pem`);
}
