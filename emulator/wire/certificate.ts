import { generate } from 'selfsigned';
import { CERTIFICATE_NAMES } from './hosts.ts';

/** A key and its certificate, PEM. */
export interface ServerCertificate {
  key: string;
  cert: string;
}

/**
 * A certificate for this machine and for all real host names of the services, made anew at each start and
 * signed by itself. Valid for a week from yesterday: no clock of a test machine is further off.
 */
export async function makeCertificate(more: readonly string[] = []): Promise<ServerCertificate> {
  const day = 86_400_000;
  const names = [...CERTIFICATE_NAMES, ...more].map((value) => ({ type: 2 as const, value }));
  const result = await generate([{ name: 'commonName', value: more[0] ?? 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - day),
    notAfterDate: new Date(Date.now() + 7 * day),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [...names, { type: 7, ip: '127.0.0.1' }] },
    ],
  });
  return { key: result.private, cert: result.cert };
}
