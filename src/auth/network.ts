import type { HttpMethods, Pipeline } from '@azure/core-rest-pipeline';
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { type Answer, jsonOf } from '../http/answer.ts';
import type { Outcome } from '../http/retry.ts';
import { send } from '../http/transport.ts';
import type { Deadline } from '../time/deadline.ts';

/**
 * MSAL's network, through our own pipeline: MSAL's fetch knows no proxy and no time-out. One attempt a call: after a
 * fault an MSAL instance refuses to call again for a minute, so the retry is around a new instance. The last outcome
 * is kept, because MSAL's errors no longer tell which fault it was.
 */
export class Network implements INetworkModule {
  last: Outcome<Answer> | undefined;
  readonly #pipeline: Pipeline;
  readonly #deadline: Deadline;
  readonly #silenceMs: number;
  readonly #allowHttp: boolean;

  constructor(pipeline: Pipeline, deadline: Deadline, options: { silenceMs: number; allowHttp?: boolean }) {
    this.#pipeline = pipeline;
    this.#deadline = deadline;
    this.#silenceMs = options.silenceMs;
    this.#allowHttp = options.allowHttp ?? false;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send('GET', url, options);
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send('POST', url, options);
  }

  async #send<T>(
    method: HttpMethods,
    url: string,
    options?: NetworkRequestOptions,
  ): Promise<NetworkResponse<T>> {
    const outcome = await send(this.#pipeline, {
      method,
      url,
      headers: options?.headers ?? {},
      ...(options?.body === undefined ? {} : { body: options.body }),
      silenceMs: this.#silenceMs,
      answer: 'token',
      signal: this.#deadline.signal,
      allowHttp: this.#allowHttp,
    });
    this.last = outcome;
    if (outcome.kind !== 'done') throw new Error(outcome.why);
    // Azure Arc asks by this header to prove access to a file of the machine, with or without a body.
    const challenge = outcome.value.header('www-authenticate');
    const headers: Record<string, string> = challenge === undefined ? {} : { 'www-authenticate': challenge };
    const body =
      jsonOf(outcome.value) ?? (outcome.value.status === 401 && challenge !== undefined ? {} : undefined);
    if (body === undefined) {
      this.last = {
        kind: 'transient',
        why: `HTTP ${outcome.value.status} without JSON`,
        status: outcome.value.status,
        retryAfterMs: undefined,
      };
      throw new Error(this.last.why);
    }
    return { headers, status: outcome.value.status, body: body as T };
  }
}
