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
import { ActionError, DeadlineError } from '../errors.ts';
import { type Answer, retryAfter, statusWithCode } from './answer.ts';
import { bodyOf } from './body.ts';
import { type AnswerKind, BOUNDS, bind, TooLargeError } from './bounds.ts';
import { directAddresses, isAllDirect } from './no-proxy.ts';
import type { Outcome } from './retry.ts';
import { silencePolicy } from './silence.ts';
import { TunnelRefusedError, tunnelPolicy } from './tunnel.ts';

export interface Call {
  readonly method: HttpMethods;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** Sent as x-ms-client-request-id. */
  readonly requestId?: string;
  /** Give up when nothing at all was heard for so long, in ms. */
  readonly silenceMs: number;
  /** Bounds the answer's size and duration. */
  readonly answer: AnswerKind;
  readonly signal: AbortSignal;
  /** Plain http: for the metadata service of a managed identity only. */
  readonly allowHttp?: boolean;
}

/** Not exported by core-rest-pipeline. */
const DEFAULT_RETRY_POLICY = 'defaultRetryPolicy';

const client = createDefaultHttpClient();

/** A pipeline with proxy, decompression, redacted logging and user agent, and the given way to sign requests. */
export function createPipeline(
  userAgent: string,
  authorization?: PipelinePolicy,
  onDate?: (date: string | undefined) => void,
): Pipeline {
  return configurePipeline(createPipelineFromOptions({}), userAgent, authorization, onDate);
}

/**
 * Takes over a client's pipeline: our own user agent, authorisation and watch over silence, and none of the retries
 * and redirects that come with it: those wait on their own, and would carry the bearer token to another host.
 * @param onDate told the Date header of each answer as it arrives
 */
export function configurePipeline(
  pipeline: Pipeline,
  userAgent: string,
  authorization?: PipelinePolicy,
  onDate?: (date: string | undefined) => void,
): Pipeline {
  for (const name of [
    DEFAULT_RETRY_POLICY,
    redirectPolicyName,
    bearerTokenAuthenticationPolicyName,
    userAgentPolicyName,
  ]) {
    pipeline.removePolicy({ name });
  }
  pipeline.removePolicy({ name: proxyPolicyName });
  if (!isAllDirect(process.env)) {
    pipeline.addPolicy(proxied());
    pipeline.addPolicy(tunnelPolicy, { afterPhase: 'Sign', afterPolicies: [proxyPolicyName] });
  }
  pipeline.addPolicy({
    name: 'userAgent',
    sendRequest: (request, next) => {
      request.headers.set('User-Agent', userAgent);
      return next(request);
    },
  });
  if (authorization !== undefined) pipeline.addPolicy(authorization, { phase: 'Sign' });
  pipeline.addPolicy(silencePolicy, { afterPhase: 'Sign' });
  if (onDate !== undefined) {
    pipeline.addPolicy(
      {
        name: 'date',
        sendRequest: async (request, next) => {
          const response = await next(request);
          onDate(response.headers.get('date'));
          return response;
        },
      },
      // Before the body is read, which may take minutes.
      { afterPhase: 'Sign', afterPolicies: ['silence'] },
    );
  }
  return pipeline;
}

/** The proxy of the environment, but for the addresses that NO_PROXY names; the policy's own reading knows few of its forms. */
function proxied(): PipelinePolicy {
  const policy = proxyPolicy(undefined, { customNoProxyList: [] });
  const isDirect = directAddresses(process.env);
  return {
    name: proxyPolicyName,
    sendRequest: (request, next) =>
      isDirect(request.url) ? next(request) : policy.sendRequest(request, next),
  };
}

/** Sends one request once, and judges what came of it. A 4xx is an answer; the caller knows what it means. */
export async function send(pipeline: Pipeline, call: Call): Promise<Outcome<Answer>> {
  const request = createPipelineRequest({
    url: call.url,
    method: call.method,
    headers: createHttpHeaders(call.headers),
    timeout: call.silenceMs,
    abortSignal: call.signal,
    // All of them: what is not streamed would be read to its end, however large.
    streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
    allowInsecureConnection: call.allowHttp ?? false,
    ...(call.body === undefined ? {} : { body: call.body }),
    ...(call.requestId === undefined ? {} : { requestId: call.requestId }),
  });
  bind(request, BOUNDS[call.answer]);
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
    body: bodyOf(response),
  };
  // The code is looked up in the body, which costs much with a page of events.
  if (answer.status < 400) return { kind: 'done', value: answer };
  const { status } = answer;
  const isTransient = status === 408 || (status >= 500 && ![501, 505].includes(status));
  if (status !== 429 && !isTransient) return { kind: 'done', value: answer };
  return {
    kind: status === 429 ? 'throttled' : 'transient',
    why: statusWithCode(answer),
    status,
    retryAfterMs: retryAfter(answer),
  };
}

/** Whether a request that failed cannot have reached the service. */
export function neverLeft(error: unknown): boolean {
  if (error instanceof TunnelRefusedError) return true;
  return /^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH)$/.test(codeOf(error) ?? '');
}

/** TLS faults stay until somebody mends them; every other fault of the network may pass. */
const LASTING =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_CERT|HOSTNAME_MISMATCH|ERR_SSL_WRONG_VERSION|ERR_INVALID_URL)/;

function judgeError(error: unknown): Outcome<never> {
  if (error instanceof TunnelRefusedError) return error.outcome;
  if (error instanceof TooLargeError) return { kind: 'failed', why: error.message };
  // Signing a request may itself fail, with a verdict of its own.
  const code = error instanceof ActionError || error instanceof DeadlineError ? undefined : codeOf(error);
  if (code === undefined) throw error;
  if (LASTING.test(code)) return { kind: 'failed', why: `${code}: ${certificateAdvice(code)}` };
  return { kind: 'transient', why: code, retryAfterMs: undefined };
}

function certificateAdvice(code: string): string {
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return "by the runner's clock the certificate is not valid now: check that clock, else whoever runs the host or the proxy has to renew it";
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') {
    return 'the certificate is for another host: check the address, and what answers there (a proxy, a private endpoint)';
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return 'what answers does not speak TLS: check address, port and proxy';
  return 'for a private certificate authority set NODE_EXTRA_CA_CERTS';
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string') return code;
  if (error.name === 'AbortError' || error instanceof AggregateError) return 'connection aborted';
  // A proxy that refuses CONNECT, or answers it with nonsense, gives a plain Error.
  return /proxy/i.test(error.message) ? 'proxy refused the connection' : undefined;
}
