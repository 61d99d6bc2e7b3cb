import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { BodyReader, keepBody } from './body.ts';

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
      keepBody(response, body.whole());
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
