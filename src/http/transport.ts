import {
  bearerTokenAuthenticationPolicyName,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpMethods,
  type Pipeline,
  type PipelinePolicy,
  type PipelineResponse,
  proxyPolicy,
  proxyPolicyName,
  redirectPolicyName,
  userAgentPolicyName,
} from '@azure/core-rest-pipeline';
import { ActionError, OutOfTimeError } from '../errors.ts';
import type { Outcome } from './retry.ts';

/** An HTTP answer, its body read to the end and inflated. */
export interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
}

export interface Call {
  readonly method: HttpMethods;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Sent as x-ms-client-request-id. */
  readonly requestId?: string;
  /** Give up when nothing at all was heard for so long, in ms. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
  /** Plain http: for the metadata service of a managed identity only. */
  readonly allowHttp?: boolean;
}

/** Not exported by core-rest-pipeline. */
const DEFAULT_RETRY_POLICY = 'defaultRetryPolicy';

const client = createDefaultHttpClient();
const bodies = new WeakMap<PipelineResponse, Buffer>();

/** A pipeline with proxy, decompression, redacted logging and user agent, and the given way to sign requests. */
export function createPipeline(userAgent: string, authorization?: PipelinePolicy): Pipeline {
  return adopt(createPipelineFromOptions({}), userAgent, authorization);
}

/**
 * Takes over a client's pipeline: our own user agent, authorisation and watch over silence, and none of the retries
 * and redirects that come with it: those wait on their own, and would carry the bearer token to another host.
 */
export function adopt(pipeline: Pipeline, userAgent: string, authorization?: PipelinePolicy): Pipeline {
  for (const name of [
    DEFAULT_RETRY_POLICY,
    redirectPolicyName,
    bearerTokenAuthenticationPolicyName,
    userAgentPolicyName,
  ]) {
    pipeline.removePolicy({ name });
  }
  pipeline.removePolicy({ name: proxyPolicyName });
  const direct = noProxyList(process.env);
  if (!direct.includes('*')) pipeline.addPolicy(proxyPolicy(undefined, { customNoProxyList: direct }));
  pipeline.addPolicy({
    name: 'userAgent',
    sendRequest: (request, next) => {
      request.headers.set('User-Agent', userAgent);
      return next(request);
    },
  });
  if (authorization !== undefined) pipeline.addPolicy(authorization, { phase: 'Sign' });
  pipeline.addPolicy(silencePolicy, { afterPhase: 'Sign' });
  return pipeline;
}

/**
 * NO_PROXY as everybody writes it: the policy by itself takes "example.test" for that host alone, and knows neither
 * "*.example.test" nor a port.
 */
export function noProxyList(env: NodeJS.ProcessEnv): string[] {
  return (env['NO_PROXY'] ?? env['no_proxy'] ?? '')
    .split(/[\s,]+/)
    .map((entry) => entry.replace(/^\*(?=\.)/, '').replace(/:\d+$/, ''))
    .filter((entry) => entry !== '')
    .flatMap((entry) => (entry.startsWith('.') ? [entry] : [entry, `.${entry}`]));
}

/** Sends one request once, and judges what came of it. A 4xx is an answer; the caller knows what it means. */
export async function send(pipeline: Pipeline, call: Call): Promise<Outcome<Answer>> {
  const request = createPipelineRequest({
    url: call.url,
    method: call.method,
    headers: createHttpHeaders(call.headers),
    timeout: call.silenceMs,
    abortSignal: call.signal,
    streamResponseStatusCodes: new Set([200]),
    allowInsecureConnection: call.allowHttp ?? false,
    ...(call.body === undefined ? {} : { body: call.body }),
    ...(call.requestId === undefined ? {} : { requestId: call.requestId }),
  });
  let response: PipelineResponse;
  try {
    response = await pipeline.sendRequest(client, request);
  } catch (error) {
    call.signal.throwIfAborted();
    return judgeError(error);
  }
  const answer: Answer = {
    status: response.status,
    header: (name) => response.headers.get(name),
    body: bodies.get(response) ?? Buffer.from(response.bodyAsText ?? ''),
  };
  // The code is looked up in the body, which costs much with a page of events.
  if (answer.status < 400) return { kind: 'done', value: answer };
  const why = statusWithCode(answer);
  if (answer.status === 407) {
    return {
      kind: 'failed',
      why: 'HTTP 407: the proxy wants credentials, as in HTTPS_PROXY=http://user:password@host',
    };
  }
  if (answer.status === 429) return { kind: 'throttled', why, retryAfterMs: retryAfter(answer) };
  const transient = answer.status === 408 || (answer.status >= 500 && ![501, 505].includes(answer.status));
  return transient
    ? { kind: 'transient', why, retryAfterMs: retryAfter(answer) }
    : { kind: 'done', value: answer };
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
  return typeof code === 'string' && /^[A-Za-z][\w.-]{0,63}$/.test(code) ? code : undefined;
}

export function statusWithCode(answer: Answer): string {
  const code = errorCode(answer);
  return code === undefined ? `HTTP ${answer.status}` : `HTTP ${answer.status} ${code}`;
}

/**
 * Ends a request after `request.timeout` ms in which no byte arrived, and reads the body of a 200. The client's own
 * time-out counts the whole transfer, so that it would cut off a large page on a slow line.
 */
const silencePolicy: PipelinePolicy = {
  name: 'silence',
  async sendRequest(request, next) {
    const outer = request.abortSignal as AbortSignal | undefined;
    const silence = new AbortController();
    const silenceMs = request.timeout;
    const timer = setTimeout(() => silence.abort(), silenceMs);
    request.timeout = 0;
    request.abortSignal = outer === undefined ? silence.signal : AbortSignal.any([outer, silence.signal]);
    try {
      const response = await next(request);
      const stream = response.readableStreamBody;
      if (stream === undefined) return response;
      const chunks: Buffer[] = [];
      for await (const chunk of stream) {
        chunks.push(chunk as Buffer);
        timer.refresh();
      }
      bodies.set(response, Buffer.concat(chunks));
      return response;
    } catch (error) {
      if (silence.signal.aborted)
        throw Object.assign(new Error('silence'), { code: `no answer for ${silenceMs / 1000} s` });
      throw error;
    } finally {
      clearTimeout(timer);
      request.timeout = silenceMs;
      if (outer === undefined) delete request.abortSignal;
      else request.abortSignal = outer;
    }
  },
};

/** TLS faults stay until somebody mends them; every other fault of the network may pass. */
const LASTING =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_CERT|HOSTNAME_MISMATCH|ERR_SSL_WRONG_VERSION|ERR_INVALID_URL)/;

function judgeError(error: unknown): Outcome<never> {
  // Signing a request may itself fail, with a verdict of its own.
  const code = error instanceof ActionError || error instanceof OutOfTimeError ? undefined : codeOf(error);
  if (code === undefined) throw error;
  if (LASTING.test(code)) {
    return { kind: 'failed', why: `${code}: for a private certificate authority set NODE_EXTRA_CA_CERTS` };
  }
  return { kind: 'transient', why: code, retryAfterMs: undefined };
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') return code;
  if (error.name === 'AbortError' || error instanceof AggregateError) return 'connection aborted';
  // A proxy that refuses CONNECT, or answers it with nonsense, gives a plain Error.
  return /proxy/i.test(error.message) ? 'proxy refused the connection' : undefined;
}

/** Retry-After in ms: seconds or an HTTP date (RFC 9110, 10.2.3), else the seconds that Power BI names in its body. */
function retryAfter(answer: Answer): number | undefined {
  const header = answer.header('retry-after')?.trim();
  if (header !== undefined && /^\d+(\.\d+)?$/.test(header)) return Number(header) * 1000;
  if (header !== undefined && !Number.isNaN(Date.parse(header)))
    return Math.max(Date.parse(header) - Date.now(), 0);
  const inBody = /Retry in (\d+) seconds/.exec(answer.body.subarray(0, 4096).toString('utf8'))?.[1];
  return inBody === undefined ? undefined : Number(inBody) * 1000;
}
