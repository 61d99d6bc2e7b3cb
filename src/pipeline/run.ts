import { Batcher } from '../destination/batch.ts';
import { inBatches } from '../destination/batches.ts';
import { acceptAll } from '../destination/delivery.ts';
import { newRequestId } from '../destination/request-id.ts';
import { Uploader } from '../destination/uploader.ts';
import { asActionError, DeadlineError } from '../errors.ts';
import type { Host } from '../host.ts';
import { type Inputs, readInputs, withKeptFiles } from '../inputs/inputs.ts';
import { type Conclusions, conclude } from '../report/conclusions.ts';
import type { Notice } from '../report/notice.ts';
import { ProgressLog } from '../report/progress-log.ts';
import { nothingProved } from '../report/proved.ts';
import { report } from '../report/report.ts';
import { failedRows, newRunRecord, outOfTime, type RunRecord } from '../report/run-record.ts';
import { redactionOf } from '../rows/redaction.ts';
import { SECOND } from '../time/clock.ts';
import type { Wait } from '../time/deadline.ts';
import { ServiceTime } from '../time/service-time.ts';
import { collect } from './collect.ts';
import { type Connections, connect } from './connect.ts';
import { deliver, keep } from './deliver.ts';
import { type KeptFiles, openKeptFiles } from './kept-files.ts';
import { planRun } from './plan.ts';
import { ReadBack } from './read-back.ts';
import { replayed } from './replay.ts';
import { createRunLimits, type RunLimits } from './run-limits.ts';

/** Waits that are named where a run ends for want of time: the seconds between two attempts are no reason. */
const WORTH_NAMING = 5 * SECOND;

/** What came of a run. */
export interface RunResult {
  readonly record: RunRecord;
  readonly conclusions: Conclusions;
}

interface Held {
  readonly limits: RunLimits;
  readonly files: KeptFiles;
  readonly progress: ProgressLog;
}

/**
 * A run from its inputs to its report; the only place that decides how the step ends.
 * @returns what came of it; the step succeeded where `conclusions.faults` is empty
 */
export async function run(host: Host): Promise<RunResult> {
  const record = newRunRecord(host.clock.now());
  const waits = new Map<string, Wait>();
  for (const name of ['client-secret', 'client-certificate', 'github-token', 'pseudonym-key'])
    host.mask(host.getInput(name));
  try {
    const inputs = withKeptFiles(
      readInputs(host.getInput, host.clock.now(), host.proxyFaults, host.dialect?.inputs),
    );
    record.dryRun = inputs.dryRun;
    if (inputs.proof !== undefined) record.proved = nothingProved();
    await holding(inputs, host, record, waits);
  } catch (error) {
    if (error instanceof DeadlineError) record.outOfTime = outOfTime(error, waits.values());
    else record.fault = asActionError(error);
  }
  const conclusions = conclude(record);
  await report(record, conclusions, host);
  return { record, conclusions };
}

/** Opens what a run holds on to, and lets it go whatever comes. */
async function holding(
  inputs: Inputs,
  host: Host,
  record: RunRecord,
  waits: Map<string, Wait>,
): Promise<void> {
  const { clock } = host;
  const progress = new ProgressLog(record, clock, host.log.info);
  const limits = createRunLimits(host, record.startedAt, inputs.deadlineMinutes, (wait) => {
    if (wait.until - clock.now() >= WORTH_NAMING) waits.set(wait.service, wait);
    progress.waiting(wait);
  });
  try {
    const files = await openKeptFiles(inputs, clock.now(), limits.end);
    record.files = files.record;
    try {
      await carryOut(inputs, host, record, { limits, files, progress });
    } finally {
      record.closed = await files.close(clock.now());
    }
  } finally {
    limits.dispose();
  }
}

/** Plan, collect, deliver, prove. */
async function carryOut(inputs: Inputs, host: Host, record: RunRecord, held: Held): Promise<void> {
  const { limits, files } = held;
  const { checkpoint } = files;
  const time = new ServiceTime(host.clock);

  // Before anything is called: what can be refused is, and what this run does not get to is caught up by the next one.
  const intended = planRun(inputs, host.clock.now(), checkpoint);
  record.planned = intended;
  if (intended.asked !== undefined) checkpoint.begin(intended.asked, host.clock.now());
  const connections = await connect(inputs, host, limits, time);
  record.isConnected = true;

  // By now the services have told their time; only by that is anything given up for lost.
  record.clockAhead = time.ahead;
  if (time.ahead !== 0) record.notices.push(clockNotice(host.clock.now(), time.now()));
  const plan = planRun(inputs, time.now(), checkpoint);
  record.planned = plan;
  if (plan.asked !== undefined) checkpoint.confirm(plan.asked, () => time.now());

  const table = ReadBack.open(inputs, plan, checkpoint, connections, limits);
  record.proved = table?.proved;
  table?.tell();
  const services = { ...connections, time, deadline: limits.collecting };
  const source =
    files.replay === undefined
      ? collect(inputs, plan, checkpoint, {
          ...services,
          onRefusal: (reason) => host.log.info(`Refused by ${reason}`),
          memory: await table?.memory(),
          relieve: table && (() => table.relieve()),
        })
      : replayed(files.replay, {
          checkpoint,
          redact: redactionOf(inputs.privacy),
          signal: limits.collecting.signal,
        });
  record.collected = source.collected;

  host.log.startGroup(files.replay === undefined ? 'Collect and ingest' : 'Replay');
  const batcher = new Batcher();
  const batches = inBatches(source.rows, batcher, () => held.progress.tell());
  const uploader = () => openUploader(inputs, host, connections, held);
  const deliveries = inputs.dryRun ? acceptAll(batches) : uploader().deliver(batches);
  const keeping = {
    rejected: files.rejected,
    carriesOn: files.record.carriesOn,
    now: () => host.clock.now(),
    onStop: limits.end,
  };
  try {
    await deliver(deliveries, record.delivered, {
      ...keeping,
      checkpoint,
      replay: files.replay,
      isProvable: () => source.collected.source !== 'workspaces',
      reuse: (batch) => batcher.reuse(batch),
    });
  } finally {
    held.progress.tell(true);
    table?.tell();
    host.log.endGroup();
  }
  const { signal } = limits.collecting;
  if (!signal.aborted || signal.reason instanceof DeadlineError)
    await table?.prove({
      services,
      openUploader: uploader,
      keepRejected: (delivery) => keep(delivery, table.proved, keeping) === 'kept',
    });
  // Time that ran out when everything was done already is no fault.
  if (signal.aborted && (failedRows(record) > 0 || !(signal.reason instanceof DeadlineError)))
    throw signal.reason;
}

function openUploader(
  { concurrency, privacy }: Inputs,
  { context }: Host,
  { destination }: Connections,
  { limits, files }: Held,
): Uploader {
  const uploader = new Uploader({
    concurrency,
    provenBefore: files.checkpoint.wasAccepted,
    isRandom: privacy.pseudonymKey !== undefined,
    send: (body, requestId) => {
      // A run that stood still for minutes may have been given up: what it holds is sent by another one.
      files.ensureHeld();
      return destination.send(body, requestId, limits.uploading);
    },
    faultOf: (answer) => destination.faultOf(answer),
    newRequestId: () => newRequestId(context.runId),
    onStop: limits.end,
  });
  const { signal } = limits.collecting;
  signal.addEventListener('abort', () => uploader.stop(signal.reason));
  return uploader;
}

function clockNotice(runner: number, services: number): Notice {
  const [ours, theirs] = [runner, services].map((instant) => new Date(instant).toISOString());
  const text = `The runner's clock says ${ours}, the services say ${theirs}: the run goes by theirs. Set the clock of the runner (NTP).`;
  return { code: 'clock', text };
}
