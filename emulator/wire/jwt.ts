/** Just enough of JSON Web Tokens to issue and to check signed assertions (RFC 7515, RFC 7519). */
import { constants, createSign, createVerify, type KeyObject } from 'node:crypto';

/** A token taken apart, its signature not yet checked. */
export interface Jwt {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  signed: string;
  signature: Buffer;
}

/** A token signed with RS256. */
export function signJwt(header: object, claims: object, key: KeyObject): string {
  const signed = `${encode({ alg: 'RS256', typ: 'JWT', ...header })}.${encode(claims)}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key).toString('base64url')}`;
}

/** The parts of a token, or undefined where it is none. */
export function readJwt(text: string): Jwt | undefined {
  const match = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(text);
  if (match === null) return undefined;
  const header = decode(match[1] ?? '');
  const claims = decode(match[2] ?? '');
  if (header === undefined || claims === undefined) return undefined;
  return {
    header,
    claims,
    signed: `${match[1]}.${match[2]}`,
    signature: Buffer.from(match[3] ?? '', 'base64url'),
  };
}

/** Whether a token is signed by this key, with RS256 or PS256. */
export function isSignedBy(jwt: Jwt, key: KeyObject): boolean {
  const verify = createVerify('RSA-SHA256').update(jwt.signed);
  if (jwt.header.alg === 'RS256') return verify.verify(key, jwt.signature);
  if (jwt.header.alg !== 'PS256') return false;
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify.verify({ key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, jwt.signature);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
