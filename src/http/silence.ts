import type { PipelinePolicy, PipelineResponse } from '@azure/core-rest-pipeline';
import { BodyReader, keepBody } from './body.ts';
import { type Bounds, boundsOf, REFUSAL, TooLargeError } from './bounds.ts';

/**
 * Reads the body of every answer within the bounds of its kind, and ends a request after `request.timeout` ms in which no
 * byte arrived. The client's own time-out counts the whole transfer, so that it would cut off a large page on a slow line.
 */
export const silencePolicy: PipelinePolicy = {
  name: 'silence',
  async sendRequest(request, next) {
    const outer = request.abortSignal as AbortSignal | undefined;
    const given = new AbortController();
    const silenceMs = request.timeout;
    const whole = boundsOf(request);
    const giveUp = (code: string) => given.abort(Object.assign(new Error(code), { code }));
    const silence = setTimeout(() => giveUp(`no answer for ${silenceMs / 1000} s`), silenceMs);
    const end = setTimeout(() => giveUp(`no whole answer within ${whole.ms / 1000} s`), whole.ms);
    request.timeout = 0;
    request.abortSignal = outer === undefined ? given.signal : AbortSignal.any([outer, given.signal]);
    try {
      const response = await next(request);
      if (response.status === 200) await readWhole(response, whole, () => silence.refresh());
      else await readBeginning(response, { ...REFUSAL, ms: Math.min(REFUSAL.ms, whole.ms) });
      return response;
    } catch (error) {
      if (given.signal.aborted && !(error instanceof TooLargeError)) throw given.signal.reason;
      throw error;
    } finally {
      clearTimeout(silence);
      clearTimeout(end);
      request.timeout = silenceMs;
      if (outer === undefined) delete request.abortSignal;
      else request.abortSignal = outer;
    }
  },
};

async function readWhole(response: PipelineResponse, { bytes }: Bounds, onChunk: () => void): Promise<void> {
  const stream = response.readableStreamBody;
  if (stream === undefined) return;
  const body = new BodyReader(response, bytes);
  for await (const chunk of stream) {
    if (!body.add(chunk as Buffer)) throw new TooLargeError(bytes);
    onChunk();
  }
  keepBody(response, body.whole());
}

/** The status says it all: a body that is endless, slow or broken is cut off, and no fault. */
async function readBeginning(response: PipelineResponse, { bytes, ms }: Bounds): Promise<void> {
  const stream = response.readableStreamBody;
  if (stream === undefined) return;
  const chunks: Buffer[] = [];
  let length = 0;
  const reading = (async () => {
    for await (const chunk of stream) {
      chunks.push((chunk as Buffer).subarray(0, bytes - length));
      length += (chunk as Buffer).length;
      if (length >= bytes) return;
    }
  })().catch(() => undefined);
  const enough = Promise.withResolvers<void>();
  const timer = setTimeout(enough.resolve, ms);
  await Promise.race([reading, enough.promise]);
  clearTimeout(timer);
  (stream as { destroy?: () => void }).destroy?.();
  keepBody(response, Buffer.concat(chunks));
}
