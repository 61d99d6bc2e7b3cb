import type { Pipeline } from '@azure/core-rest-pipeline';
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
 * Where rows go: the stream of a data collection rule. Uploads go through the ingestion client's own pipeline rather than its
 * `upload`, which serialises each row twice more, leaves brackets and commas out of its count of bytes, and has no way to
 * send `[]`, the check.
 */
export class LogsIngestion {
  /** Of the token that it takes. */
  readonly scope: string;
  readonly #pipeline: Pipeline;
  readonly #gate = new Gate(WAITS, INGESTION);
  readonly #audience: string;
  readonly #host: string;
  readonly #stream: string;
  readonly #url: string;

  /** @param onDate told the Date header of each answer */
  constructor(
    rule: { readonly dcrEndpoint: string; readonly dcrImmutableId: string; readonly streamName: string },
    credential: EntraCredential,
    userAgent: string,
    onDate?: (date: string | undefined) => void,
  ) {
    const { dcrEndpoint, dcrImmutableId, streamName } = rule;
    const audience = monitorAudience(dcrEndpoint);
    this.scope = `${audience}/.default`;
    this.#audience = audience;
    this.#host = new URL(dcrEndpoint).host;
    this.#stream = streamName;
    this.#url = `${dcrEndpoint}/dataCollectionRules/${dcrImmutableId}/streams/${streamName}?api-version=${API_VERSION}`;
    const { pipeline } = new LogsIngestionClient(dcrEndpoint, credential, { audience });
    pipeline.removePolicy({ name: CLIENT_GZIP_POLICY });
    configurePipeline(pipeline, userAgent, authorizationPolicy(credential, this.scope), onDate);
    this.#pipeline = pipeline;
  }

  /** Uploads no rows, to learn whether rows would be taken. @throws ActionError 'destination-…' */
  async check(deadline: Deadline): Promise<void> {
    const attempt = async (): Promise<Outcome<void>> => {
      const outcome = await this.#post({ body: Buffer.from('[]'), gzipped: false }, deadline);
      // Anything but a clear refusal is no verdict: a throttled or ailing service has let the app in; a network
      // fault has not.
      if (outcome.kind !== 'done')
        return outcome.status === undefined ? outcome : { kind: 'done', value: undefined };
      const fault = this.faultOf(outcome.value);
      if (fault !== undefined) throw fault;
      return { kind: 'done', value: undefined };
    };
    try {
      await retrying(attempt, deadline, INGESTION);
    } catch (error) {
      if (!(error instanceof RequestFailedError)) throw error;
      const detail = `${error.message} at ${this.#host}`;
      throw new ActionError('destination-unreachable', detail, { cause: error });
    }
  }

  /**
   * Sends a gzipped body with all retries. Any answer that is not to be retried is returned, a refusal too.
   * @throws RequestFailedError, DeadlineError, or the deadline's reason
   */
  send(body: Buffer, requestId: string, deadline: Deadline): Promise<Answer> {
    const attempt = async () => acknowledged(await this.#post({ body, gzipped: true, requestId }, deadline));
    return retrying(attempt, deadline, INGESTION, this.#gate);
  }

  /** A refusal that no other row or attempt would change, or undefined. */
  faultOf(answer: Answer): ActionError | undefined {
    return destinationFault(answer, `for stream "${this.#stream}" at ${this.#host}`, this.#audience);
  }

  #post(
    content: { readonly body: Buffer; readonly gzipped: boolean; readonly requestId?: string },
    deadline: Deadline,
  ): Promise<Outcome<Answer>> {
    return send(this.#pipeline, {
      method: 'POST',
      url: this.#url,
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
  }
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
