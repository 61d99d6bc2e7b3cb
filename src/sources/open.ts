import type { PipelineRequest, SendRequest } from '@azure/core-rest-pipeline';
import { authorizationPolicy } from '../auth/authorize.ts';
import type { EntraCredential } from '../auth/credential.ts';
import { Gate } from '../http/gate.ts';
import { createPipeline, neverLeft } from '../http/transport.ts';
import { CLOUDS, FABRIC_SCOPE } from '../inputs/clouds.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { SECOND } from '../time/clock.ts';
import type { Deadline } from '../time/deadline.ts';
import type { ServiceTime } from '../time/service-time.ts';
import type { Window } from '../time/window.ts';
import { type Candidate, choose, type OpenedSource } from './choose.ts';
import { fabricActivity } from './fabric.ts';
import type { SourceLink } from './page.ts';
import { powerBiActivity } from './power-bi.ts';

/** Under this name the sources' time is observed. */
export const SOURCE = 'source';

/** Waits where a 429 names no time. */
const WAITS = { first: 10 * SECOND, longest: 300 * SECOND };

/** What a source needs of the run. */
export interface SourceServices {
  readonly userAgent: string;
  readonly credential: EntraCredential;
  readonly deadline: Deadline;
  /** Told the time of each answer. */
  readonly time: ServiceTime;
  /** Told each request that may count against the service's budget. */
  readonly onRequest: () => void;
}

/** The inputs that decide which source is asked, and for what. */
export type SourceInputs = Pick<
  Inputs,
  'source' | 'fallback' | 'cloud' | 'powerBiUrl' | 'fabricUrl' | 'activity' | 'userId'
>;

/** The link to a service: signed, counted, and behind a gate of its own. */
export function linkTo(services: SourceServices, service: string, scope: string): SourceLink {
  const { userAgent, credential, deadline, time, onRequest } = services;
  const pipeline = createPipeline(userAgent, authorizationPolicy(credential, scope), (date) =>
    time.observe(SOURCE, date),
  );
  // Behind the signing, which may repeat a request with a renewed token: that one counts against the budget as well.
  const counting = async (request: PipelineRequest, next: SendRequest) => {
    try {
      const response = await next(request);
      onRequest();
      return response;
    } catch (error) {
      if (!neverLeft(error)) onRequest();
      throw error;
    }
  };
  pipeline.addPolicy(
    { name: 'counting', sendRequest: counting },
    { afterPhase: 'Sign', beforePolicies: ['tunnel'] },
  );
  return { pipeline, deadline, service, now: () => time.now(), gate: new Gate(WAITS, service) };
}

/**
 * Finds the source that lets the app in, among those that the inputs allow.
 * @param onRefusal told each refusal, such as "power-bi: HTTP 401 PowerBINotAuthorizedException"
 * @throws ActionError 'source-refused'
 */
export function openSource(
  inputs: SourceInputs,
  windows: readonly Window[],
  services: SourceServices,
  onRefusal: (reason: string) => void,
): Promise<OpenedSource> {
  const { source, fabricUrl, cloud } = inputs;
  const candidates: Candidate[] = [];
  if (source === 'auto' || source === 'power-bi') {
    const link = linkTo(services, 'The activity log', CLOUDS[cloud].powerBiScope);
    candidates.push({ api: powerBiActivity(inputs.powerBiUrl, inputs), link, windows });
  }
  if ((source === 'auto' || source === 'fabric') && fabricUrl !== undefined) {
    const link = linkTo(services, 'Fabric', FABRIC_SCOPE);
    candidates.push({ api: fabricActivity(fabricUrl), link, windows: joined(windows) });
  }
  const noHost = `no Fabric host is documented for cloud "${cloud}", so nothing else was tried`;
  const ruledOut = 'workspace records are ruled out by "fallback: false"';
  return choose({
    source,
    candidates,
    workspaces: {
      allowed: fabricUrl !== undefined && inputs.fallback,
      why: fabricUrl === undefined ? noHost : ruledOut,
    },
    onRefusal,
  });
}

/** Windows that touch, as one: Fabric is asked for a whole stretch in one chain of pages. */
function joined(windows: readonly Window[]): Window[] {
  const stretches: Window[] = [];
  for (const window of windows) {
    const last = stretches.at(-1);
    if (last !== undefined && last.end === window.start) {
      stretches[stretches.length - 1] = { start: last.start, end: window.end };
    } else {
      stretches.push({ start: window.start, end: window.end });
    }
  }
  return stretches;
}
