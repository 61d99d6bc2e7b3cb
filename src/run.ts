import type { EntraCredential } from './auth/credential.ts';
import { signIn } from './auth/sign-in.ts';
import { type Batch, Batcher } from './batch.ts';
import { SECOND } from './clock.ts';
import { CLOUDS, FABRIC_SCOPE } from './clouds.ts';
import { collect } from './collect.ts';
import { openDestination, probe, upload, verdictOf } from './destination.ts';
import { ActionError, asActionError } from './errors.ts';
import type { Host } from './host.ts';
import { authorizationPolicy } from './http/authorize.ts';
import { Gate } from './http/gate.ts';
import type { Pace } from './http/retry.ts';
import { createPipeline } from './http/transport.ts';
import { withIdle } from './idle.ts';
import { Ingest } from './ingest.ts';
import { type Inputs, readInputs } from './inputs.ts';
import { Progress } from './report/progress.ts';
import { report } from './report/report.ts';
import { Tally } from './report/tally.ts';
import { type RowContext, rowsOf } from './rows.ts';
import { Seen } from './seen.ts';
import { type Chosen, choose } from './sources/choose.ts';
import { fabricActivity } from './sources/fabric.ts';
import type { SourceLink } from './sources/page.ts';
import { powerBiActivity } from './sources/power-bi.ts';
import { workspaceRecords } from './sources/workspaces.ts';
import { newRequestId, userAgent } from './trace.ts';
import { Turn } from './turn.ts';
import { clipToHistory, hoursOf, requestedWindow, type Window } from './window.ts';

/** How long uploads under way may go on after a cancellation: the runner kills the process some seconds later. */
const GRACE = 5 * SECOND;
/** A batch that is not full is sent when nothing new came for so long, so that it never waits for a throttle. */
const IDLE = 5 * SECOND;
/** Waits where a 429 names no time. */
const SOURCE_WAITS = { first: 10 * SECOND, longest: 300 * SECOND };
const UPLOAD_WAITS = { first: 2 * SECOND, longest: 60 * SECOND };

/**
 * The pipeline from top to bottom: inputs, sign-in, probe, collect, map, batch, ingest, report.
 * The only place that decides how the step ends.
 * @returns whether the step succeeded
 */
export async function run(host: Host): Promise<boolean> {
  const tally = new Tally();
  for (const name of ['client-secret', 'client-certificate']) host.mask(host.getInput(name));
  try {
    await work(readInputs(host.getInput, host.clock.now()), host, tally);
  } catch (error) {
    tally.fail(asActionError(error));
  }
  tally.conclude();
  await report(tally, host);
  return tally.errors.size === 0;
}

/** Everything one run shares: where it is bound for, what stops it, and what it has to say. */
interface Run {
  readonly inputs: Inputs;
  readonly host: Host;
  readonly tally: Tally;
  readonly progress: Progress;
  readonly credential: EntraCredential;
  /** Ends collecting; its reason says why. */
  readonly stop: AbortController;
  readonly pace: Pace;
  readonly uploadPace: Pace;
  readonly agent: string;
}

async function work(inputs: Inputs, host: Host, tally: Tally): Promise<void> {
  const { clock } = host;
  const stop = new AbortController();
  const abandon = new AbortController();
  const pace: Pace = { clock, deadline: Number.POSITIVE_INFINITY, signal: stop.signal };
  const uploadPace: Pace = { ...pace, signal: abandon.signal };
  const cancel = () => {
    stop.abort(new ActionError('cancelled', 'the runner asked the step to end'));
    setTimeout(() => abandon.abort(stop.signal.reason), GRACE).unref();
  };
  host.cancelled.addEventListener('abort', cancel, { once: true });
  if (host.cancelled.aborted) cancel();

  tally.dryRun = inputs.dryRun;
  plan(inputs, host, tally);
  const progress = new Progress(tally, clock, host.log.info);
  const agent = userAgent(host.context);
  const { idTokenRequest, mask } = host;
  const credential = await signIn(inputs, { userAgent: agent, idTokenRequest, pace, mask });
  const run: Run = { inputs, host, tally, progress, credential, stop, pace, uploadPace, agent };

  const uploadGate = new Gate(UPLOAD_WAITS, (until) => progress.throttled('Azure Monitor ingestion', until));
  const destination = openDestination(inputs, credential, agent, uploadGate);
  await credential.getToken(destination.scope);
  await probe(destination, pace);

  const ingest = new Ingest({
    concurrency: inputs.concurrency,
    send: (body, requestId) => upload(destination, body, requestId, uploadPace),
    verdictOf: (answer) => verdictOf(destination, answer),
    newRequestId: () => newRequestId(host.context),
    onEnd: (ending) => tally.batchEnded(ending),
    onStop: (reason) => stop.abort(reason),
  });
  stop.signal.addEventListener('abort', () => ingest.stop());

  host.log.startGroup('Collect and ingest');
  try {
    await collectAndIngest(run, ingest);
  } finally {
    await ingest.settle();
    progress.tell(true);
    host.log.endGroup();
  }
}

/** The window that is asked for, held to what the service keeps. */
function plan(inputs: Inputs, host: Host, tally: Tally): void {
  const now = host.clock.now();
  const wanted = requestedWindow(inputs, now);
  const window = clipToHistory(wanted, now);
  tally.window = window;
  if (inputs.source === 'workspaces') return;
  if (window.start >= window.end) {
    const end = new Date(window.end).toISOString();
    throw new ActionError('inputs', `end-time: expected an instant within the last 28 days, got ${end}`);
  }
  if (window.start > wanted.start) {
    tally.warn(
      'clipped',
      `History ends 28 days before now: collecting from ${new Date(window.start).toISOString()} instead of ${new Date(wanted.start).toISOString()}.`,
    );
  }
}

async function collectAndIngest(run: Run, ingest: Ingest): Promise<void> {
  const { tally, inputs, host } = run;
  const batcher = new Batcher();
  const send = async (batch: Batch | undefined) => {
    if (batch === undefined) return;
    if (inputs.dryRun) {
      tally.batchEnded({ batch, wireBytes: 0, requestId: '', status: 'dry-run' });
      batcher.reuse(batch);
    } else {
      await ingest.add(batch, () => batcher.reuse(batch));
    }
  };
  try {
    const turn = new Turn();
    const chosen = await chooseSource(run, turn);
    const windows = chosen.kind === 'activity' ? chosen.candidate.windows : [];
    const context: RowContext = {
      source: chosen.kind === 'activity' ? chosen.candidate.api.name : 'workspaces',
      filter: inputs,
      inWindow: chosen.kind === 'activity' ? within(windows) : () => true,
      seen: new Seen(),
      now: () => host.clock.now(),
      counts: tally.counts,
    };
    tally.source = context.source;
    const pages =
      chosen.kind === 'activity' ? activityEvents(run, chosen, turn, context.seen) : workspaceEvents(run);
    for await (const page of withIdle(pages, IDLE)) {
      if (page === 'idle') {
        await send(batcher.flush());
      } else {
        for (const row of rowsOf(page.events, page.window, context)) await send(batcher.add(row));
      }
      run.progress.tell();
    }
    tally.collectedWhole =
      chosen.kind === 'activity' &&
      tally.missing.length === 0 &&
      tally.agedOut.length === 0 &&
      tally.hoursPlanned > 0;
  } finally {
    if (!run.stop.signal.aborted) await send(batcher.flush());
  }
}

interface EventPage {
  readonly window: Window;
  readonly events: readonly Record<string, unknown>[];
}

async function* activityEvents(
  run: Run,
  chosen: Extract<Chosen, { kind: 'activity' }>,
  turn: Turn,
  seen: Seen,
): AsyncGenerator<EventPage, void> {
  const { tally, inputs } = run;
  const { api, link, windows } = chosen.candidate;
  tally.hoursPlanned = hoursIn(windows);
  for await (const item of collect(api, windows, link, turn, inputs.concurrency, chosen.begun)) {
    switch (item.kind) {
      case 'begin':
        for (const { hour } of hoursOf(item.window)) seen.rewind(hour);
        break;
      case 'page':
        yield item;
        break;
      case 'whole':
        tally.hoursDone += hoursIn([item.window]);
        break;
      case 'missing':
        tally.hoursDone += hoursIn([item.window]);
        tally.missing.push(item);
        break;
      case 'aged-out':
        tally.agedOut.push(item.window);
        break;
    }
  }
}

async function* workspaceEvents(run: Run): AsyncGenerator<EventPage, void> {
  const { inputs, tally, host } = run;
  const link = linkTo(run, 'Fabric', FABRIC_SCOPE);
  const now = host.clock.now();
  let readable = 0;
  for await (const result of workspaceRecords(
    inputs.fabricUrl ?? '',
    inputs.workspaceIds,
    link,
    inputs.concurrency,
  )) {
    if ('record' in result) {
      readable += 1;
      yield { window: { start: now, end: now }, events: [result.record] };
    } else {
      tally.unreadable.push({ id: result.unreadable, why: result.why });
    }
  }
  if (readable === 0) {
    const why = tally.unreadable[0]?.why ?? 'the list is empty';
    throw new ActionError('workspaces-refused', `no workspace could be read (${why})`);
  }
  tally.fallbackUsed = inputs.source === 'auto';
  tally.warn(
    'fallback',
    `${tally.fallbackUsed ? 'No activity log was accessible, and workspace records stand in' : 'Workspace records were collected'}: they say that the app could read a workspace, not that anybody used it. No hour counts as collected.`,
  );
}

function chooseSource(run: Run, turn: Turn): Promise<Chosen> {
  const { inputs, tally } = run;
  const { source, fabricUrl, cloud } = inputs;
  const window = tally.window ?? { start: 0, end: 0 };
  const candidates = [];
  if (source === 'auto' || source === 'power-bi') {
    const link = linkTo(run, 'The activity log', CLOUDS[cloud].powerBiScope);
    candidates.push({ api: powerBiActivity(inputs.powerBiUrl, inputs), link, windows: [...hoursOf(window)] });
  }
  if ((source === 'auto' || source === 'fabric') && fabricUrl !== undefined) {
    candidates.push({
      api: fabricActivity(fabricUrl),
      link: linkTo(run, 'Fabric', FABRIC_SCOPE),
      windows: [window],
    });
  }
  const noHost = `no Fabric host is documented for cloud "${cloud}", so nothing else was tried`;
  const allowed = fabricUrl !== undefined && inputs.fallback;
  return choose({
    source,
    candidates,
    workspaces: {
      allowed,
      why: fabricUrl === undefined ? noHost : 'workspace records are ruled out by "fallback: false"',
    },
    turn,
    onRefusal: (reason) => {
      tally.refusals.push(reason);
      run.host.log.info(`Refused by ${reason}`);
    },
  });
}

function linkTo(run: Run, service: string, scope: string): SourceLink {
  return {
    pipeline: createPipeline(run.agent, authorizationPolicy(run.credential, scope)),
    pace: run.pace,
    gate: new Gate(SOURCE_WAITS, (until) => run.progress.throttled(service, until)),
    onRequest: () => run.tally.requested(),
  };
}

/** Whether an instant lies in one of the windows; looked up by hour, since there may be hundreds. */
function within(windows: readonly Window[]): (instant: number) => boolean {
  const [first] = windows;
  const last = windows.at(-1);
  return (instant) =>
    first !== undefined && last !== undefined && instant >= first.start && instant < last.end;
}

function hoursIn(windows: readonly Window[]): number {
  return windows.reduce((sum, window) => sum + [...hoursOf(window)].length, 0);
}
