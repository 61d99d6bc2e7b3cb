import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';

const bodies = new WeakMap<PipelineResponse, Buffer>();

/** The body of a response that went through the policy. */
export function bodyOf(response: PipelineResponse): Buffer {
  const body = bodies.get(response) ?? Buffer.from(response.bodyAsText ?? '');
  // A byte order mark is no JSON, and allowed all the same (RFC 8259, 8.1).
  return body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
}

/**
 * Ends a request after `request.timeout` ms in which no byte arrived, and reads the body of a 200. The client's own
 * time-out counts the whole transfer, so that it would cut off a large page on a slow line.
 */
export const silencePolicy: PipelinePolicy = {
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
      const body = new BodyReader(response);
      for await (const chunk of stream) {
        body.add(chunk as Buffer);
        timer.refresh();
      }
      bodies.set(response, body.whole());
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

/** Largest body that is made room for on the word of its Content-Length. */
const MOST_ROOM = 64 * 2 ** 20;

/** Puts a body together; where its length is known, in place, so that a page is not in memory twice. */
class BodyReader {
  readonly #chunks: Buffer[] = [];
  readonly #room: Buffer | undefined;
  #length = 0;

  constructor({ headers }: PipelineResponse) {
    const length = Number(headers.get('content-length'));
    const known = headers.get('content-encoding') === undefined && length > 0 && length <= MOST_ROOM;
    this.#room = known ? Buffer.allocUnsafeSlow(length) : undefined;
  }

  add(chunk: Buffer): void {
    if (this.#room === undefined) this.#chunks.push(chunk);
    else chunk.copy(this.#room, this.#length);
    this.#length += chunk.length;
  }

  whole(): Buffer {
    return this.#room === undefined ? Buffer.concat(this.#chunks) : this.#room.subarray(0, this.#length);
  }
}
