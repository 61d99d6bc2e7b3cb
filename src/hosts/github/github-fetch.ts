import type { HttpMethods } from '@azure/core-rest-pipeline';
import { createPipeline, send } from '../../http/transport.ts';

/** Silence after which the API is given up: the run itself is over, and must not be held. */
const SILENCE = 10_000;

/** What the API could not be asked for, and why, where the fault is none of its answers. */
export class ApiFault extends Error {
  override readonly name = 'ApiFault';
}

/**
 * A `fetch` for GitHub's client, through our own transport: the proxy rules of all other requests, no redirect (which would
 * carry title and text to a foreign host), and https only.
 * @param onFault told why a request got no usable answer; the client itself makes a "500" of it
 */
export function githubFetch(
  userAgent: string,
  signal: AbortSignal,
  onFault: (why: string) => void,
): (
  url: string,
  options?: { method?: string; headers?: Record<string, string>; body?: string },
) => Promise<Response> {
  const pipeline = createPipeline(userAgent);
  const failed = (why: string): never => {
    onFault(why);
    throw new ApiFault(why);
  };
  return async (url, { method = 'GET', headers = {}, body } = {}) => {
    const { protocol, host } = new URL(url);
    if (protocol !== 'https:') return failed(`GITHUB_API_URL: expected https://, got ${protocol}//`);
    const outcome = await send(pipeline, {
      method: method as HttpMethods,
      url,
      headers,
      ...(body === undefined ? {} : { body }),
      silenceMs: SILENCE,
      answer: 'list',
      signal,
    }).catch(() => failed(`no answer from ${host} in time`));
    if (outcome.kind !== 'done') return failed(`${outcome.why} from ${host}`);
    const { status, header, body: answer } = outcome.value;
    if (status >= 300 && status < 400)
      return failed(`HTTP ${status} from ${host}: redirects are not followed`);
    const type = header('content-type');
    const empty = status === 204 || status === 304;
    return new Response(empty ? null : new Uint8Array(answer), {
      status,
      headers: type === undefined ? {} : { 'content-type': type },
    });
  };
}
