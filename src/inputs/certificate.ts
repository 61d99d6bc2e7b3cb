import { createPrivateKey, X509Certificate } from 'node:crypto';

/** What Entra needs of a certificate: the key that signs, and the SHA-256 thumbprint it is registered under. */
export interface Certificate {
  readonly privateKeyPem: string;
  readonly certificatePem: string;
  /** Upper-case hexadecimal without colons. */
  readonly thumbprintSha256: string;
}

const KEY = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]+?-----END \1-----/;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Reads a PEM that holds a private key and its certificate, in any order and with a chain behind it.
 * @returns the certificate, or a phrase that completes "got …" where it cannot serve. The phrase never
 * holds any part of the input.
 */
export function parseCertificate(pem: string, now: number): Certificate | string {
  // A secret pasted into one line keeps "\n" as two characters.
  const text = pem.includes('\\n') && !pem.includes('\n') ? pem.replaceAll('\\n', '\n') : pem;
  const keyBlock = KEY.exec(text);
  const certificates = text.match(CERTIFICATE);
  if (keyBlock === null && certificates === null) return 'a value without PEM blocks';
  if (keyBlock === null) return 'a certificate without its private key';
  if (certificates === null) return 'a private key without its certificate';
  if (keyBlock[1]?.includes('ENCRYPTED')) return 'a private key protected by a passphrase';
  try {
    const privateKey = createPrivateKey(keyBlock[0]);
    const parsed = certificates.map((block) => ({ block, certificate: new X509Certificate(block) }));
    const own = parsed.find(({ certificate }) => certificate.checkPrivateKey(privateKey));
    if (own === undefined) return 'a private key and a certificate that do not belong together';
    const validTo = Date.parse(own.certificate.validTo);
    if (validTo < now) return `a certificate that expired at ${new Date(validTo).toISOString()}`;
    return {
      privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      certificatePem: own.block,
      thumbprintSha256: own.certificate.fingerprint256.replaceAll(':', ''),
    };
  } catch {
    return 'PEM blocks that cannot be read';
  }
}
