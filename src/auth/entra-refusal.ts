import { ActionError, type FaultCode } from '../errors.ts';
import { type Answer, jsonOf } from '../http/answer.ts';
import { presentedClaims } from './oidc.ts';

/**
 * AADSTS codes that name their cause. One decides by `error_codes`, never by the description
 * (https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes).
 */
const CAUSES: Readonly<Record<number, FaultCode>> = {
  7000215: 'entra-secret-wrong',
  7000222: 'entra-secret-expired',
  700016: 'entra-app-unknown',
  90002: 'entra-tenant-unknown',
  900023: 'entra-tenant-unknown',
  70021: 'entra-federation',
  700211: 'entra-federation',
  700212: 'entra-federation',
  700213: 'entra-federation',
  7002138: 'entra-federation',
  700024: 'entra-assertion',
  700027: 'entra-certificate',
  500011: 'entra-resource',
  70011: 'entra-resource',
};

/** Throttled or passing faults of Entra that come as a 4xx. */
const TRANSIENT = new Set([90024, 90033, 90055]);

/**
 * A federated credential takes minutes to be known everywhere, and now and then an unchanged one is not found:
 * two more tries within ten seconds. An assertion outside its validity: one more, with a new one.
 */
const SECOND_TRIES: Readonly<Record<number, readonly number[]>> = {
  70021: [2000, 5000],
  700211: [2000, 5000],
  700213: [2000, 5000],
  7002138: [2000, 5000],
  700024: [2000],
};

export interface Refusal {
  readonly codes: readonly number[];
  readonly error: string;
}

/** Reads a refusal out of Entra's answer. */
export function refusalOf(answer: Answer): Refusal {
  const body = jsonOf(answer);
  const codes = body?.error_codes;
  const error = body?.error;
  return {
    codes: Array.isArray(codes) ? codes.filter((code) => typeof code === 'number') : [],
    error: typeof error === 'string' && /^\w{1,64}$/.test(error) ? error : `HTTP ${answer.status}`,
  };
}

export function isTransient(refusal: Refusal): boolean {
  return refusal.codes.some((code) => TRANSIENT.has(code)) || refusal.error === 'temporarily_unavailable';
}

/** Waits in ms before further tries that a refusal is worth; usually none. */
export function secondTries(refusal: Refusal): readonly number[] {
  return refusal.codes.map((code) => SECOND_TRIES[code]).find((waits) => waits !== undefined) ?? [];
}

/** The refusal as an error that names cause and remedy. `assertion` is the ID token that was presented. */
export function refusalError(
  refusal: Refusal,
  context: { readonly resource: string; readonly assertion: string | undefined },
): ActionError {
  const code =
    refusal.codes.map((number) => CAUSES[number]).find((cause) => cause !== undefined) ?? 'entra-refused';
  const name = refusal.codes[0] === undefined ? refusal.error : `AADSTS${refusal.codes[0]} ${refusal.error}`;
  if (context.assertion !== undefined && (code === 'entra-federation' || code === 'entra-refused')) {
    const values = presentedClaims(context.assertion);
    return new ActionError(code, { text: `${name}; presented were`, values });
  }
  return new ActionError(code, `${name}, asking for ${context.resource}`);
}
