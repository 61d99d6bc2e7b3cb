import { existsSync } from 'node:fs';
import { signIn } from '../auth/sign-in.ts';
import { openTrack, type Track } from '../checkpoint/writer.ts';
import { type Batch, Batcher, type ReadyRow } from '../destination/batch.ts';
import {
  type Destination,
  INGESTION,
  openDestination,
  probe,
  upload,
  verdictOf,
} from '../destination/logs-ingestion.ts';
import { Replay } from '../destination/replay-file.ts';
import { newRequestId, userAgent } from '../destination/request-id.ts';
import { Ingest } from '../destination/uploader.ts';
import { ActionError, asActionError, OutOfTimeError } from '../errors.ts';
import { lock } from '../files/file-lock.ts';
import type { Host } from '../host.ts';
import { trackFailure } from '../hosts/github/failure-issue.ts';
import { Gate } from '../http/gate.ts';
import { type Inputs, readInputs, withKeptFiles } from '../inputs/inputs.ts';
import { conclude } from '../report/conclusions.ts';
import { Live } from '../report/progress-log.ts';
import { report } from '../report/report.ts';
import { Tally } from '../report/run-record.ts';
import { SECOND } from '../time/clock.ts';
import type { Wait } from '../time/deadline.ts';
import { ServiceTime } from '../time/service-time.ts';
import { requestedWindow, type Window } from '../time/window.ts';
import { collectRows } from './collect.ts';
import type { Job } from './job.ts';
import { type Plan, planHours } from './plan.ts';
import { createStop, type Stop } from './run-limits.ts';

/** Waits that are named where a run ends for want of time. */
const WORTH_NAMING = 5 * SECOND;

interface ReplayFile {
  readonly file: Replay;
  readonly close: () => Promise<void>;
  readonly ensureHeld: () => void;
}

/** Waits where a 429 of the ingestion service names no time. */
const UPLOAD_WAITS = { first: 2 * SECOND, longest: 60 * SECOND };

/**
 * The pipeline from top to bottom: inputs, sign-in, probe, collect, map, batch, ingest, report.
 * The only place that decides how the step ends.
 * @returns whether the step succeeded
 */
export async function run(host: Host): Promise<boolean> {
  const tally = new Tally();
  tally.startedAt = host.clock.now();
  for (const name of ['client-secret', 'client-certificate', 'github-token']) host.mask(host.getInput(name));
  try {
    await work(withKeptFiles(readInputs(host.getInput, host.clock.now(), host.proxyFaults)), host, tally);
  } catch (error) {
    noteEnd(error, tally);
  }
  conclude(tally);
  await report(tally, host);
  await trackFailure(tally, host);
  return tally.errors.size === 0;
}

function noteEnd(error: unknown, tally: Tally): void {
  if (error instanceof OutOfTimeError) tally.outOfTime = `${error.message}${tally.waitingFor(error.message)}`;
  else tally.fail(asActionError(error));
}

async function work(inputs: Inputs, host: Host, tally: Tally): Promise<void> {
  tally.dryRun = inputs.dryRun;
  const live = new Live(tally, host.clock, host.log.info);
  const onWait = (wait: Wait) => {
    // The seconds between two attempts are no reason for anything.
    if (wait.until - host.clock.now() >= WORTH_NAMING) tally.waits.set(wait.service, wait);
    live.waiting(wait);
  };
  const stop = createStop(host, tally.startedAt, inputs.deadlineMinutes, onWait);
  try {
    const track = await openTrack(inputs, host, tally, (error) => {
      tally.fail(error);
      if (error.code === 'state-file' || error.code === 'state-locked') stop.now(error);
    });
    try {
      const replay = await openReplay(inputs, host, tally);
      try {
        await carryOut(inputs, host, tally, { live, stop, track, replay });
      } finally {
        await replay?.close();
      }
    } finally {
      track.close();
    }
  } finally {
    stop.dispose();
  }
}

interface UnderWay {
  readonly live: Live;
  readonly stop: Stop;
  readonly track: Track;
  readonly replay: ReplayFile | undefined;
}

/** From the plan to the last upload. */
async function carryOut(
  inputs: Inputs,
  host: Host,
  tally: Tally,
  { live, stop, track, replay }: UnderWay,
): Promise<void> {
  // What can be refused without a call is; and before anything can go wrong: what this run does not get to is caught up
  // by the next one.
  const asksForHours = inputs.replayFile === undefined && inputs.source !== 'workspaces';
  const intended = makePlan(inputs, host.clock.now(), track);
  notePlan(inputs, intended, tally);
  if (asksForHours) track.begin(intended.plan.window);
  const agent = userAgent(host.context);
  const { idTokenRequest, mask } = host;
  const time = new ServiceTime(host.clock);
  const observe = (service: string) => (date: string | undefined) => time.observe(service, date);
  const credential = await signIn(inputs, {
    userAgent: agent,
    idTokenRequest,
    pace: stop.pace,
    mask,
    onDate: observe('sign-in'),
  });
  const job: Job = { inputs, host, tally, live, stop, track, credential, userAgent: agent, time };
  const gate = new Gate(UPLOAD_WAITS, INGESTION);
  const destination = openDestination(inputs, credential, agent, gate, observe('ingestion'));
  await credential.getToken(destination.scope);
  await probe(destination, stop.pace);
  // By now the services have told their time; only by that is anything given up for lost.
  tally.clockAhead = time.ahead;
  if (time.ahead !== 0) warnOfClock(host.clock.now(), time.now(), tally);
  const { plan, wanted } = makePlan(inputs, time.now(), track);
  notePlan(inputs, { plan, wanted }, tally);
  if (asksForHours) track.confirm(plan.window, time);
  await transfer(job, plan, destination, replay);
}

function warnOfClock(runner: number, services: number, tally: Tally): void {
  const [ours, theirs] = [runner, services].map((instant) => new Date(instant).toISOString());
  tally.warn(
    'clock',
    `The runner's clock says ${ours}, the services say ${theirs}: the run goes by theirs. Set the clock of the runner (NTP).`,
  );
}

/** From rows to uploads; afterwards every batch has ended. */
async function transfer(
  job: Job,
  plan: Plan,
  destination: Destination,
  replay: ReplayFile | undefined,
): Promise<void> {
  const { inputs, host, tally, live, stop } = job;
  const ingest = new Ingest({
    concurrency: inputs.concurrency,
    provenBefore: job.track.checkpoint?.mark?.accepted === true,
    send: (body, requestId) => {
      // A run that stood still for minutes may have been given up: what it holds is sent by another one.
      job.track.ensureHeld();
      replay?.ensureHeld();
      return upload(destination, body, requestId, stop.uploadPace);
    },
    verdictOf: (answer) => verdictOf(destination, answer),
    newRequestId: () => newRequestId(host.context),
    onEnd: (ending) => {
      tally.batchEnded(ending);
      job.track.ended(ending);
      if (ending.status === 'sent') replay?.file.accepted(ending.batch.keys);
    },
    onStop: stop.now,
  });
  stop.signal.addEventListener('abort', () => ingest.stop(stop.signal.reason));
  host.log.startGroup(replay === undefined ? 'Collect and ingest' : 'Replay');
  try {
    await feed(job, replay === undefined ? collectRows(job, plan) : replayRows(job, replay.file), ingest);
  } finally {
    await ingest.settle();
    live.tell(true);
    host.log.endGroup();
  }
  // Time that ran out when everything was done already is nobody's concern.
  const { reason } = stop.signal;
  if (stop.signal.aborted && (tally.failed > 0 || !(reason instanceof OutOfTimeError))) throw reason;
}

async function feed(
  job: Job,
  pages: AsyncGenerator<Iterable<ReadyRow> | 'idle', void>,
  ingest: Ingest,
): Promise<void> {
  const { inputs, tally, live } = job;
  const batcher = new Batcher();
  const send = async (batch: Batch | undefined) => {
    if (batch === undefined) return;
    if (!inputs.dryRun) return ingest.add(batch, () => batcher.reuse(batch));
    tally.batchEnded({ batch, wireBytes: 0, requestId: '', status: 'dry-run' });
    batcher.reuse(batch);
  };
  try {
    for await (const page of pages) {
      if (page === 'idle') await send(batcher.flush());
      else for (const row of page) await send(batcher.add(row));
      live.tell();
    }
  } finally {
    await send(batcher.flush());
  }
}

async function* replayRows(job: Job, file: Replay): AsyncGenerator<Iterable<ReadyRow>, void> {
  const { tally, track } = job;
  tally.replayed = true;
  for await (const row of file.rows(tally.counts)) {
    job.stop.signal.throwIfAborted();
    tally.counts.collected += 1;
    track.taken(row.key);
    yield [row];
  }
  tally.counts.collected += file.repeated;
  tally.counts.skipped += file.repeated;
  tally.collectedWhole = file.unreadable === 0 && !file.isDamaged;
  if (file.unreadable > 0) {
    tally.warn('replay', `${file.unreadable} lines of the replay file hold no row; they stay in it.`);
  }
}

/** The file of `replay-file`, held against other runs until it is given back. @throws ActionError 'replay-file' */
async function openReplay(inputs: Inputs, host: Host, tally: Tally): Promise<ReplayFile | undefined> {
  if (inputs.replayFile === undefined) return undefined;
  const path = inputs.replayFile;
  if (!existsSync(path)) throw new ActionError('replay-file', `no file at ${path}`);
  const held = inputs.dryRun ? undefined : lock(path, 'the replay file', 'replay-file');
  try {
    const file = await Replay.open(path, inputs.dryRun);
    const close = async () => {
      try {
        held?.ensureHeld();
        const { damagedAt } = await file.close(host.clock.now());
        if (file.isDamaged) tally.fail(new ActionError('replay-file', damagedDetail(path, damagedAt)));
      } finally {
        held?.release();
      }
    };
    return { file, close, ensureHeld: () => held?.ensureHeld() };
  } catch (error) {
    held?.release();
    throw error;
  }
}

function damagedDetail(path: string, keptAt: string | undefined): string {
  const where = keptAt === undefined ? '' : `; as it was it is kept at ${keptAt}`;
  return `parts of ${path} are damaged, and the rows in them can't be read; what is whole was taken${where}`;
}

interface Intended {
  readonly plan: Plan;
  /** The window that the inputs name. */
  readonly wanted: Window;
}

/** The hours that this run asks for, held to what the service keeps. @throws ActionError 'inputs' where that is nothing */
function makePlan(inputs: Inputs, now: number, { checkpoint, covered }: Track): Intended {
  if (inputs.endTime !== undefined && inputs.endTime > now) {
    const [latest, got] = [now, inputs.endTime].map((instant) => new Date(instant).toISOString());
    throw new ActionError('inputs', `end-time: expected an instant not after now (${latest}), got ${got}`);
  }
  const wanted = requestedWindow(inputs, now);
  const plan = planHours(wanted, inputs.startTime !== undefined, checkpoint, now, covered);
  const { start, end } = plan.window;
  if (start >= end && inputs.replayFile === undefined && inputs.source !== 'workspaces') {
    throw new ActionError(
      'inputs',
      `end-time: expected an instant within the last 28 days, got ${new Date(end).toISOString()}`,
    );
  }
  return { plan, wanted };
}

function notePlan(inputs: Inputs, { plan, wanted }: Intended, tally: Tally): void {
  if (inputs.replayFile !== undefined) return;
  const { window } = plan;
  tally.window = window;
  tally.ownStart = inputs.startTime !== undefined;
  tally.settledHours = plan.settled;
  tally.settledWanted = plan.settledWanted;
  tally.caughtUpHours = plan.caughtUp;
  if (inputs.source === 'workspaces') return;
  tally.hoursPlanned = plan.windows.length;
  tally.warnings.delete('lost');
  tally.warnings.delete('clipped');
  if (plan.lost > 0) {
    tally.warn(
      'lost',
      `Hours that left the service's 28 days before any run could settle them: ${plan.lost}.`,
    );
  }
  if (window.start > wanted.start) {
    const [from, wish] = [window.start, wanted.start].map((instant) => new Date(instant).toISOString());
    tally.warn('clipped', `History ends 28 days before now: collecting from ${from} instead of ${wish}.`);
  }
}
