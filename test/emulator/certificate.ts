import "reflect-metadata"; // @peculiar/x509 needs this to be loaded first.
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** What the emulator needs for TLS, as PEM. */
export interface Certificate {
  /** The self-signed certificate. Clients trust it as if it were a CA, but its key can't sign other certificates. */
  ca: string;
  /** The certificate's private key. */
  key: string;
}

const DAY = 24 * 60 * 60_000;

/**
 * Creates a self-signed certificate for `localhost` and `127.0.0.1`.
 *
 * @param days - How long the certificate is valid.
 */
export async function createCertificate(days = 90): Promise<Certificate> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    keys,
    name: "CN=Communication Identity emulator",
    notBefore: new Date(Date.now() - DAY),
    notAfter: new Date(Date.now() + days * DAY),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
      ]),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { ca: certificate.toString("pem"), key: PemConverter.encode(key, "PRIVATE KEY") };
}
