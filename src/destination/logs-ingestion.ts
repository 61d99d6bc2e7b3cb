import { LogsIngestionClient } from '@azure/monitor-ingestion';
import { authorizationPolicy } from '../auth/authorize.ts';
import type { EntraCredential } from '../auth/credential.ts';
import { ActionError, type FaultCode } from '../errors.ts';
import { type Answer, statusWithCode } from '../http/answer.ts';
import { Gate } from '../http/gate.ts';
import { type Outcome, RequestFailedError, retrying } from '../http/retry.ts';
import { configurePipeline, send } from '../http/transport.ts';
import { monitorAudience } from '../inputs/clouds.ts';
import { SECOND } from '../time/clock.ts';
import type { Deadline } from '../time/deadline.ts';

/** Where rows go: the stream of a data collection rule. */
export interface Destination {
  /** Of the token that it takes. */
  readonly scope: string;
  /** Uploads no rows, to learn whether rows would be taken. @throws ActionError 'destination-…' */
  check(deadline: Deadline): Promise<void>;
  /**
   * Sends a gzipped body with all retries. Any answer that is not to be retried is returned, a refusal too.
   * @throws RequestFailedError, DeadlineError, or the deadline's reason
   */
  send(body: Buffer, requestId: string, deadline: Deadline): Promise<Answer>;
  /** A refusal that no other row or attempt would change, or undefined. */
  faultOf(answer: Answer): ActionError | undefined;
}

/** The service's name for the reader. */
const INGESTION = 'Azure Monitor ingestion';
/** Waits where a 429 names no time. */
const WAITS = { first: 2 * SECOND, longest: 60 * SECOND };
/** Silence after which an upload is given up. Long, because an upload sent again after its answer was lost is doubled. */
const SILENCE = 90 * SECOND;
const API_VERSION = '2023-01-01';
/** The client compresses inside the pipeline, which would be once for each attempt. */
const CLIENT_GZIP_POLICY = 'GzippingPolicy';

/**
 * Uploads go through the ingestion client's own pipeline rather than its `upload`, which serialises each row twice
 * more, leaves brackets and commas out of its count of bytes, and has no way to send `[]`, the check.
 * @param onDate told the Date header of each answer
 */
export function openDestination(
  rule: { readonly dcrEndpoint: string; readonly dcrImmutableId: string; readonly streamName: string },
  credential: EntraCredential,
  userAgent: string,
  onDate?: (date: string | undefined) => void,
): Destination {
  const { dcrEndpoint, dcrImmutableId, streamName } = rule;
  const audience = monitorAudience(dcrEndpoint);
  const scope = `${audience}/.default`;
  const { pipeline } = new LogsIngestionClient(dcrEndpoint, credential, { audience });
  pipeline.removePolicy({ name: CLIENT_GZIP_POLICY });
  configurePipeline(pipeline, userAgent, authorizationPolicy(credential, scope), onDate);
  const gate = new Gate(WAITS, INGESTION);
  const { host } = new URL(dcrEndpoint);
  const url = `${dcrEndpoint}/dataCollectionRules/${dcrImmutableId}/streams/${streamName}?api-version=${API_VERSION}`;

  const post = (
    content: { readonly body: Buffer; readonly gzipped: boolean; readonly requestId?: string },
    deadline: Deadline,
  ): Promise<Outcome<Answer>> =>
    send(pipeline, {
      method: 'POST',
      url,
      headers: {
        'Content-Type': 'application/json',
        Accept: 'application/json',
        ...(content.gzipped ? { 'Content-Encoding': 'gzip' } : {}),
      },
      body: content.body,
      ...(content.requestId === undefined ? {} : { requestId: content.requestId }),
      silenceMs: SILENCE,
      answer: 'upload',
      signal: deadline.signal,
    });
  const faultOf = (answer: Answer) =>
    destinationFault(answer, `for stream "${streamName}" at ${host}`, audience);

  return {
    scope,
    faultOf,
    check: async (deadline) => {
      const attempt = async (): Promise<Outcome<void>> => {
        const outcome = await post({ body: Buffer.from('[]'), gzipped: false }, deadline);
        // Anything but a clear refusal is no verdict: a throttled or ailing service has let the app in; a network
        // fault has not.
        if (outcome.kind !== 'done')
          return outcome.status === undefined ? outcome : { kind: 'done', value: undefined };
        const fault = faultOf(outcome.value);
        if (fault !== undefined) throw fault;
        return { kind: 'done', value: undefined };
      };
      try {
        await retrying(attempt, deadline, INGESTION);
      } catch (error) {
        if (!(error instanceof RequestFailedError)) throw error;
        const detail = `${error.message} at ${host}`;
        throw new ActionError('destination-unreachable', detail, { cause: error });
      }
    },
    send: (body, requestId, deadline) => {
      const attempt = async () => acknowledged(await post({ body, gzipped: true, requestId }, deadline));
      return retrying(attempt, deadline, INGESTION, gate);
    },
  };
}

/** 204 is the only acknowledgement: a 200 or a redirect comes from something in between. */
function acknowledged(outcome: Outcome<Answer>): Outcome<Answer> {
  if (outcome.kind !== 'done') return outcome;
  const { status, body } = outcome.value;
  if (status === 204 || status >= 400) return outcome;
  const why = `HTTP ${status} instead of 204`;
  // A page of a gateway has taken nothing. Whoever else answers 200 may have: sent again, rows would be doubled.
  const isPage = /^\s*</.test(body.subarray(0, 256).toString('utf8'));
  return status < 300 && !isPage
    ? { kind: 'failed', why, status }
    : { kind: 'transient', why, status, retryAfterMs: undefined };
}

const NETWORK_RULES =
  /private.?link|public network|network (?:access|security|isolation)|not allowed.*network|perimeter/i;

function destinationFault(answer: Answer, where: string, audience: string): ActionError | undefined {
  const why = `${statusWithCode(answer)} ${where}`;
  const fault = (code: FaultCode) => new ActionError(code, why);
  switch (answer.status) {
    case 401:
      return new ActionError('destination-token', `${why}, audience ${audience}`);
    case 403:
      return fault(
        NETWORK_RULES.test(answer.body.toString('utf8')) ? 'destination-network' : 'destination-forbidden',
      );
    case 404:
      return fault('destination-rule-unknown');
    default:
      return undefined;
  }
}
