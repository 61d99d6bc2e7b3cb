import type { Pipeline } from '@azure/core-rest-pipeline';
import { LogsIngestionClient } from '@azure/monitor-ingestion';
import { authorizationPolicy } from '../auth/authorize.ts';
import type { EntraCredential } from '../auth/credential.ts';
import { ActionError, type FaultCode } from '../errors.ts';
import { type Answer, statusWithCode } from '../http/answer.ts';
import type { Gate } from '../http/gate.ts';
import { type Outcome, RequestFailedError, retrying } from '../http/retry.ts';
import { adopt, send } from '../http/transport.ts';
import { monitorAudience } from '../inputs/clouds.ts';
import type { Pace } from '../time/deadline.ts';

/** Where rows go: the stream of a data collection rule. */
export interface Destination {
  readonly scope: string;
  readonly url: string;
  readonly host: string;
  readonly streamName: string;
  readonly pipeline: Pipeline;
  readonly gate: Gate;
}

/** The service's name for the reader. */
export const INGESTION = 'Azure Monitor ingestion';
/** Silence after which an upload is given up. Long, because an upload sent again after its answer was lost is doubled. */
const SILENCE = 90_000;
const API_VERSION = '2023-01-01';
/** The client compresses inside the pipeline, which would be once for each attempt. */
const CLIENT_GZIP_POLICY = 'GzippingPolicy';

/**
 * Uploads go through the ingestion client's own pipeline rather than its `upload`, which serialises each row twice
 * more, leaves brackets and commas out of its count of bytes, and has no way to send `[]`, the probe.
 */
export function openDestination(
  rule: { readonly dcrEndpoint: string; readonly dcrImmutableId: string; readonly streamName: string },
  credential: EntraCredential,
  userAgent: string,
  gate: Gate,
  onDate?: (date: string | undefined) => void,
): Destination {
  const audience = monitorAudience(rule.dcrEndpoint);
  const scope = `${audience}/.default`;
  const { pipeline } = new LogsIngestionClient(rule.dcrEndpoint, credential, { audience });
  pipeline.removePolicy({ name: CLIENT_GZIP_POLICY });
  adopt(pipeline, userAgent, authorizationPolicy(credential, scope), onDate);
  const { dcrEndpoint, dcrImmutableId, streamName } = rule;
  return {
    scope,
    url: `${dcrEndpoint}/dataCollectionRules/${dcrImmutableId}/streams/${streamName}?api-version=${API_VERSION}`,
    host: new URL(dcrEndpoint).host,
    streamName,
    pipeline,
    gate,
  };
}

/**
 * Proves, before anything is collected, that the destination takes rows: an upload of none. Anything but a clear
 * refusal is no verdict.
 * @throws ActionError 'destination-…'
 */
export async function probe(destination: Destination, pace: Pace): Promise<void> {
  const body = Buffer.from('[]');
  try {
    await retrying(
      async () => {
        const outcome = await post(destination, { body, gzipped: false }, pace);
        // A throttled or ailing service has still let us in; a network fault has not.
        const answered =
          outcome.kind === 'throttled' || (outcome.kind === 'transient' && /^HTTP /.test(outcome.why));
        if (answered) return { kind: 'done', value: undefined };
        if (outcome.kind !== 'done') return outcome;
        const verdict = verdictOf(destination, outcome.value);
        if (verdict !== undefined) throw verdict;
        return { kind: 'done', value: undefined };
      },
      pace,
      INGESTION,
    );
  } catch (error) {
    if (!(error instanceof RequestFailedError)) throw error;
    throw new ActionError('destination-unreachable', `${error.message} at ${destination.host}`, {
      cause: error,
    });
  }
}

/** Sends a body with all retries. Any answer that is not to be retried is returned, a refusal too. */
export function upload(
  destination: Destination,
  body: Buffer,
  requestId: string,
  pace: Pace,
): Promise<Answer> {
  return retrying(
    async (): Promise<Outcome<Answer>> => {
      const outcome = await post(destination, { body, gzipped: true, requestId }, pace);
      if (outcome.kind !== 'done') return outcome;
      // 204 is the only acknowledgement: a 200 or a redirect comes from something in between.
      const { status } = outcome.value;
      if (status === 204 || status >= 400) return outcome;
      const why = `HTTP ${status} instead of 204`;
      // A page of a gateway has taken nothing. Whoever else answers 200 may have: sent again, rows would be doubled.
      const isPage = /^\s*</.test(outcome.value.body.subarray(0, 256).toString('utf8'));
      return status < 300 && !isPage
        ? { kind: 'failed', why }
        : { kind: 'transient', why, retryAfterMs: undefined };
    },
    pace,
    INGESTION,
    destination.gate,
  );
}

/** A refusal that no other row or attempt would change, or undefined. */
export function verdictOf(destination: Destination, answer: Answer): ActionError | undefined {
  const why = `${statusWithCode(answer)} for stream "${destination.streamName}" at ${destination.host}`;
  const fault = (code: FaultCode) => new ActionError(code, why);
  switch (answer.status) {
    case 401:
      return new ActionError(
        'destination-token',
        `${why}, audience ${destination.scope.replace('/.default', '')}`,
      );
    case 403:
      return fault(
        /private.?link|public network|network (?:access|security|isolation)|not allowed.*network|perimeter/i.test(
          answer.body.toString('utf8'),
        )
          ? 'destination-network'
          : 'destination-forbidden',
      );
    case 404:
      return fault('destination-rule-unknown');
    default:
      return undefined;
  }
}

function post(
  destination: Destination,
  content: { readonly body: Buffer; readonly gzipped: boolean; readonly requestId?: string },
  pace: Pace,
): Promise<Outcome<Answer>> {
  return send(destination.pipeline, {
    method: 'POST',
    url: destination.url,
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      ...(content.gzipped ? { 'Content-Encoding': 'gzip' } : {}),
    },
    body: content.body,
    ...(content.requestId === undefined ? {} : { requestId: content.requestId }),
    silenceMs: SILENCE,
    answer: 'upload',
    signal: pace.signal,
  });
}
