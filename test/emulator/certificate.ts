import "reflect-metadata"; // @peculiar/x509 needs this to be loaded first.
import { webcrypto } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** What the emulator needs for TLS, and its clients to trust it. PEM. */
export interface Certificate {
  /** The certificate of the CA that clients must trust. */
  ca: string;
  cert: string;
  key: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 24 * 60 * 60_000;

/**
 * Creates a certificate for `localhost` and `127.0.0.1`, signed by a CA of its own. The CA's private key is not kept, so a
 * client that trusts the CA trusts this one certificate and no other.
 *
 * @param days - How long the certificate is valid.
 */
export async function createCertificate(days = 90): Promise<Certificate> {
  const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const [caKeys, keys] = await Promise.all([newKeys(), newKeys()]);
  const [notBefore, notAfter] = [new Date(Date.now() - DAY), new Date(Date.now() + days * DAY)];
  const common = { notBefore, notAfter, signingAlgorithm: ALGORITHM };
  const issuer = "CN=Communication Identity emulator CA";

  const ca = await X509CertificateGenerator.createSelfSigned({
    ...common,
    name: issuer,
    keys: caKeys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const cert = await X509CertificateGenerator.create({
    ...common,
    subject: "CN=localhost",
    issuer,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: "dns", value: "localhost" },
        { type: "ip", value: "127.0.0.1" },
      ]),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { ca: ca.toString("pem"), cert: cert.toString("pem"), key: PemConverter.encode(key, "PRIVATE KEY") };
}
