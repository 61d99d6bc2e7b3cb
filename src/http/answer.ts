/** An HTTP answer, its body read to the end and inflated. */
export interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

/** The body as a JSON object, or undefined where it is something else. */
export function jsonOf(answer: Answer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(answer.body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The error code in a body, in the shapes of Power BI and Azure Monitor (`error.code`), Fabric (`errorCode`) and
 * Entra (`error`). Codes only: messages may repeat what was sent, and with it user names.
 */
export function errorCode(answer: Answer): string | undefined {
  const body = jsonOf(answer);
  const error = body?.error;
  const nested =
    typeof error === 'object' && error !== null ? (error as Record<string, unknown>).code : error;
  const code = nested ?? body?.errorCode ?? answer.header('x-ms-error-code');
  return typeof code === 'string' && /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(code) ? code : undefined;
}

export function statusWithCode(answer: Answer): string {
  const code = errorCode(answer);
  return code === undefined ? `HTTP ${answer.status}` : `HTTP ${answer.status} ${code}`;
}

/** Retry-After in ms: seconds or an HTTP date (RFC 9110, 10.2.3), else the seconds that Power BI names in its body. */
export function retryAfter(answer: Answer): number | undefined {
  const ms = retryAfterOf(answer);
  return ms === undefined ? undefined : Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER);
}

/** Longer than anything is waited for, and still a time that can be written. */
const LONGEST_RETRY_AFTER = 30 * 86_400_000;

function retryAfterOf(answer: Answer): number | undefined {
  const header = answer.header('retry-after')?.trim();
  if (header !== undefined && /^\d+(\.\d+)?$/.test(header)) return Number(header) * 1000;
  // Date.parse takes "-5" for a year.
  const until = /^[A-Za-z]/.test(header ?? '') ? Date.parse(header ?? '') : Number.NaN;
  if (!Number.isNaN(until)) {
    // Against the service's own clock where it tells it: the runner's may be off.
    const sent = Date.parse(answer.header('date') ?? '');
    return until - (Number.isNaN(sent) ? Date.now() : sent);
  }
  const inBody = /Retry in (\d+) seconds/.exec(answer.body.subarray(0, 4096).toString('utf8'))?.[1];
  return inBody === undefined ? undefined : Number(inBody) * 1000;
}
