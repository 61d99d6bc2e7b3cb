import { AsyncLocalStorage } from 'node:async_hooks';
import type { EventEmitter } from 'node:events';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Outcome } from './retry.ts';

/** Thrown when a proxy does not open a way to the service: its answer is none of the service's. */
export class TunnelRefusedError extends Error {
  override readonly name = 'TunnelRefusedError';
  readonly outcome: Outcome<never>;

  constructor(status: number, host: string) {
    const why = `the proxy answered HTTP ${status} to a connection to ${host}`;
    super(why);
    const passing = status === 408 || status === 429 || status >= 500;
    const credentials = ': it wants credentials, as in HTTPS_PROXY=http://user:password@host';
    this.outcome = passing
      ? { kind: 'transient', why, retryAfterMs: undefined }
      : { kind: 'failed', why: status === 407 ? `${why}${credentials}` : why };
  }
}

/** What a proxy answered to the attempt under way, instead of opening a way. */
const underWay = new AsyncLocalStorage<{ refusal: number | undefined }>();
const watched = new WeakSet<object>();

function watch(agent: object): void {
  if (watched.has(agent)) return;
  watched.add(agent);
  Object.assign(agent, { keepAlive: true });
  (agent as EventEmitter).on('proxyConnect', ({ statusCode }: { statusCode: number }) => {
    const attempt = underWay.getStore();
    if (attempt !== undefined && statusCode !== 200) attempt.refusal = statusCode;
  });
}

/**
 * Makes up for what the proxy policy's agent lacks. It opens a connection, with CONNECT and TLS, for every request,
 * unless it is told otherwise; it finds one that is free only where the protocol is named, else it takes that from the
 * call stack, which is another one when the connection becomes free; and it gives a proxy's refusal as the service's
 * answer.
 */
export const tunnelPolicy: PipelinePolicy = {
  name: 'tunnel',
  sendRequest: async (request, next) => {
    const { agent } = request;
    if (agent === undefined) return next(request);
    watch(agent);
    const { protocol, host } = new URL(request.url);
    request.requestOverrides = { ...request.requestOverrides, protocol };
    const attempt: { refusal: number | undefined } = { refusal: undefined };
    try {
      const response = await underWay.run(attempt, () => next(request));
      if (attempt.refusal === undefined) return response;
    } catch (error) {
      // The agent plays back as much of the answer as it had read, which may look like one that was cut off.
      if (attempt.refusal === undefined) throw error;
    }
    throw new TunnelRefusedError(attempt.refusal, host);
  },
};
