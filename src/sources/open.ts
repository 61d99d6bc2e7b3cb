import type { PipelineRequest, SendRequest } from '@azure/core-rest-pipeline';
import { authorizationPolicy } from '../auth/authorize.ts';
import { Gate } from '../http/gate.ts';
import { createPipeline, neverLeft } from '../http/transport.ts';
import { CLOUDS, FABRIC_SCOPE } from '../inputs/clouds.ts';
import type { Job } from '../pipeline/job.ts';
import type { Plan } from '../pipeline/plan.ts';
import { SECOND } from '../time/clock.ts';
import type { Window } from '../time/window.ts';
import { type Candidate, type Chosen, choose } from './choose.ts';
import { fabricActivity } from './fabric.ts';
import type { SourceLink } from './page.ts';
import { powerBiActivity } from './power-bi.ts';

/** Under this name the sources' time is observed. */
export const SOURCE = 'source';

/** Waits where a 429 names no time. */
const WAITS = { first: 10 * SECOND, longest: 300 * SECOND };

/** The link to a service: signed, counted, and behind a gate of its own. */
export function linkTo(job: Job, service: string, scope: string): SourceLink {
  const pipeline = createPipeline(job.userAgent, authorizationPolicy(job.credential, scope), (date) =>
    job.time.observe(SOURCE, date),
  );
  // Behind the signing, which may repeat a request with a renewed token: that one counts against the budget as well.
  const counting = async (request: PipelineRequest, next: SendRequest) => {
    try {
      const response = await next(request);
      job.tally.requested();
      return response;
    } catch (error) {
      if (!neverLeft(error)) job.tally.requested();
      throw error;
    }
  };
  pipeline.addPolicy(
    { name: 'counting', sendRequest: counting },
    { afterPhase: 'Sign', beforePolicies: ['tunnel'] },
  );
  return {
    pipeline,
    pace: job.stop.pace,
    service,
    now: () => job.time.now(),
    gate: new Gate(WAITS, service),
  };
}

/** Finds the source that lets us in, among those that the inputs allow. @throws ActionError 'source-refused' */
export function openSource(job: Job, plan: Plan): Promise<Chosen> {
  const { inputs, tally } = job;
  const { source, fabricUrl, cloud } = inputs;
  const candidates: Candidate[] = [];
  if (source === 'auto' || source === 'power-bi') {
    const link = linkTo(job, 'The activity log', CLOUDS[cloud].powerBiScope);
    candidates.push({ api: powerBiActivity(inputs.powerBiUrl, inputs), link, windows: plan.windows });
  }
  if ((source === 'auto' || source === 'fabric') && fabricUrl !== undefined) {
    const link = linkTo(job, 'Fabric', FABRIC_SCOPE);
    candidates.push({ api: fabricActivity(fabricUrl), link, windows: joined(plan.windows) });
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
    onRefusal: (reason) => {
      tally.refusals.push(reason);
      job.host.log.info(`Refused by ${reason}`);
    },
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
