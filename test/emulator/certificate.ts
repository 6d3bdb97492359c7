import "reflect-metadata"; // @peculiar/x509 needs this to be loaded first.
import { createPrivateKey, randomUUID, X509Certificate } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";

/** What the emulator needs for TLS, as PEM. */
export interface Certificate {
  /** The self-signed certificate. Clients trust it as if it were a CA, but its key can't sign other certificates. */
  ca: string;
  /** The certificate's private key. */
  key: string;
}

const NAME = "CN=Communication Identity emulator";
const DAY_MS = 24 * 60 * 60_000;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Creates a self-signed certificate for `localhost` and `127.0.0.1`.
 *
 * @param days - How long the certificate is valid.
 * @param from - When it becomes valid. Default: yesterday, since clocks differ.
 */
export async function createCertificate(days = 90, from = Date.now() - DAY_MS): Promise<Certificate> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    keys,
    name: NAME,
    notBefore: new Date(from),
    notAfter: new Date(Date.now() + days * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
      ]),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { ca: `${certificate.toString("pem")}\n`, key: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n` };
}

/**
 * Reads the certificate that is saved in a folder, or creates one and saves it there, readable by the user only. Clients that
 * trust it trust all emulators with this folder, also after a restart.
 *
 * @param extraFile - What this process has in `NODE_EXTRA_CA_CERTS`, if anything.
 * @returns The certificate, and the file that a client's `NODE_EXTRA_CA_CERTS` should name. It also has the extra CAs.
 * @throws Error with `code` and `path` if the folder isn't writable.
 */
export async function savedCertificate(folder: string, extraFile = "") {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const certificate = await savedPair(join(folder, "key.pem"));
  const caFile = join(folder, "ca.pem");
  // A terminal that uses the emulator names `caFile`, which has its other CAs.
  const others = [caFile, extraFile].flatMap(readOtherCertificates);
  renameSync(saveTemporarily(caFile, [certificate.ca, ...new Set(others)].join("")), caFile);
  return { certificate, caFile };
}

async function savedPair(file: string): Promise<Certificate> {
  const saved = readPair(file);
  if (saved) return saved;
  const created = await createCertificate();
  const temporary = saveTemporarily(file, created.key + created.ca);
  try {
    linkSync(temporary, file); // Fails if another emulator has saved one meanwhile. Then both use that.
  } catch {
    if (!readPair(file)) renameSync(temporary, file);
  }
  rmSync(temporary, { force: true });
  return readPair(file) ?? created;
}

function readPair(file: string): Certificate | undefined {
  try {
    const [key = "", ca = ""] = readFileSync(file, "utf8").split(/(?=-----BEGIN CERTIFICATE)/);
    const pair = new X509Certificate(ca);
    // It's replaced a week before it expires.
    const isCurrent = Date.parse(pair.validFrom) <= Date.now() && Date.now() < Date.parse(pair.validTo) - 7 * DAY_MS;
    return isCurrent && pair.checkPrivateKey(createPrivateKey(key)) ? { ca, key } : undefined;
  } catch {
    return undefined; // Missing or damaged.
  }
}

/** Reads the certificates in a file that aren't an emulator's: like Node, those before the first damaged one. */
function readOtherCertificates(file: string): string[] {
  const others: string[] = [];
  try {
    for (const [pem] of readFileSync(file, "utf8").matchAll(PEM)) {
      if (new X509Certificate(pem).subject !== NAME) others.push(`${pem}\n`);
    }
  } catch {
    // There's no such file, or Node warned about it when it started.
  }
  return others;
}

/** So that no other process sees half a file: the caller renames it when it's complete. */
function saveTemporarily(file: string, content: string): string {
  const temporary = `${file}.${randomUUID()}`;
  writeFileSync(temporary, content, { mode: 0o600 });
  return temporary;
}
