// Measures the action against a naive pipeline and against the least that the work can cost, interleaved, in one run,
// and prints medians and ratios; with --write also to bench/RESULTS.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readFlags } from '../tools/flags.ts';
import { freshBundle, SOURCES_TASK } from '../tools/fresh-bundle.ts';
import { freshness } from './freshness.ts';
import { measure, median, medians, type Usage } from './measure.ts';
import { type Service, startService } from './service.ts';

const HOUR = 3_600_000;
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const flags = readFlags(
  'npm run bench --',
  'Measures speed and memory; some fifteen minutes, or three with --quick.',
  {
    quick: 'each variant once, and prints only',
    freshness: 'only the simulation of schedules, and prints only',
    write: 'writes the results to bench/RESULTS.md',
  },
);
const ACTION = freshBundle();
const TASK = join(SOURCES_TASK, 'index.js');
const { quick } = flags;
if (flags.freshness) {
  await freshness(quick ? 6 : 14, console.log);
  process.exit();
}
if (quick && flags.write)
  throw new Error('Expected --quick or --write, got both: results come from a full run.');
const REPEATS = quick ? 1 : 5;
const FEW = quick ? 1 : 3;
const end = Math.floor(Date.now() / HOUR) * HOUR - HOUR;
const lines: string[] = [];

function say(line = ''): void {
  console.log(line);
  lines.push(line);
}

function environment(
  service: Service,
  hours: number,
  inputs: Record<string, string> = {},
): Record<string, string> {
  const start = end - hours * HOUR;
  const all: Record<string, string> = {
    ...service.inputs,
    'client-secret': 'synthetic-client-secret',
    'start-time': new Date(start).toISOString(),
    'end-time': new Date(end).toISOString(),
    ...inputs,
  };
  const setting = {
    url: service.url,
    start,
    end,
    rule: all['dcr-immutable-id'],
    stream: all['stream-name'],
    tenant: all['tenant-id'],
    client: all['client-id'],
  };
  return {
    ...service.env,
    BENCH_SETTING: JSON.stringify(setting),
    ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  };
}

/** Runs each variant in turn, `repeats` times, and checks that every event arrived each time. */
async function interleaved<K extends string>(
  service: Service,
  variants: Record<K, () => Promise<Usage>>,
  repeats: number,
  events: number,
): Promise<Record<K, Usage[]>> {
  const names = Object.keys(variants) as K[];
  const results = Object.fromEntries(names.map((name) => [name, [] as Usage[]])) as Record<K, Usage[]>;
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const name of names) {
      const before = await service.rows();
      results[name].push(await variants[name]());
      const arrived = (await service.rows()) - before;
      if (arrived !== events)
        throw new Error(`${name}: expected ${events} rows in the table, got ${arrived}`);
    }
  }
  return results;
}

const ms = (value: number) => `${(value / 1000).toFixed(2)} s`;
const mb = (value: number) => `${value.toFixed(0)} MB`;
const times = (a: number, b: number) => `${(a / b).toFixed(2)}`;

say('# What it costs, measured');
say();
say(
  `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${mb(totalmem() / 2 ** 20)} of memory.`,
);
say(
  `The emulator runs as a process of its own on the same machine. Medians of ${REPEATS} (large runs ${FEW}), interleaved in one run.`,
);

const day = await startService({ 'events-per-hour': 8333, 'prerender-hours': 26, 'page-size': 10_000 });
const dayEnv = environment(day, 24);
const EVENTS = 8333 * 24;
const folder = mkdtempSync(join(tmpdir(), 'bench-state-'));
let states = 0;
const newStateFile = () => {
  states += 1;
  return join(folder, `state-${states}`);
};
const runs = await interleaved(
  day,
  {
    limit: () => measure(script('limit.ts'), dayEnv),
    action: () => measure(ACTION, dayEnv),
    naive: () => measure(script('naive.ts'), dayEnv),
    state: () => measure(ACTION, { ...dayEnv, 'INPUT_STATE-FILE': newStateFile() }),
    keyed: () =>
      measure(ACTION, { ...dayEnv, 'INPUT_PSEUDONYM-KEY': 'synthetic key of more than 32 characters' }),
  },
  REPEATS,
  EVENTS,
);
const [limit, action, naive, state, keyed] = [
  runs.limit,
  runs.action,
  runs.naive,
  runs.state,
  runs.keyed,
].map(medians) as [Usage, Usage, Usage, Usage, Usage];
const output = runs.action[0]?.output ?? {};
const summary = JSON.parse(output['batch-summary'] ?? '[]') as { bytes: number; wireBytes: number }[];
const bytes = summary.reduce((sum, batch) => sum + batch.bytes, 0);
const wire = Number(output['bytes-sent']);
say();
say(`## ${EVENTS.toLocaleString('en-US')} events in 24 hours`);
say();
say('| | wall | CPU | peak RSS |');
say('| --- | ---: | ---: | ---: |');
say(
  `| the limit: bare HTTPS, parse, stringify, gzip | ${ms(limit.wall)} | ${ms(limit.cpu)} | ${mb(limit.rss)} |`,
);
say(`| the action | ${ms(action.wall)} | ${ms(action.cpu)} | ${mb(action.rss)} |`);
say(`| naive: collect all, map all, one upload | ${ms(naive.wall)} | ${ms(naive.cpu)} | ${mb(naive.rss)} |`);
say(`| the action with \`state-file\` | ${ms(state.wall)} | ${ms(state.cpu)} | ${mb(state.rss)} |`);
say(`| the action with \`pseudonym-key\` | ${ms(keyed.wall)} | ${ms(keyed.cpu)} | ${mb(keyed.rss)} |`);
await day.stop();

// Rows that fit into memory several times, so that only the sending differs.
const some = await startService({ 'events-per-hour': 8333, 'prerender-hours': 26, 'page-size': 10_000 });
const ways = await interleaved(
  some,
  {
    client: () => measure(script('upload.ts'), { ...environment(some, 6), BENCH_WAY: 'client' }),
    own: () => measure(script('upload.ts'), { ...environment(some, 6), BENCH_WAY: 'action' }),
  },
  REPEATS,
  8333 * 6,
);
await some.stop();
const sending = (way: readonly Usage[], figure: string) =>
  median(way.map(({ output }) => Number(output[figure])));
say();
say(`## Sending ${(8333 * 6).toLocaleString('en-US')} rows that are in memory, 4 uploads at a time`);
say();
say('| | wall | CPU |');
say('| --- | ---: | ---: |');
for (const [name, way] of [
  ["the ingestion client's `upload`", ways.client],
  ['the way of the action, through the same pipeline', ways.own],
] as const)
  say(`| ${name} | ${ms(sending(way, 'wall'))} | ${ms(sending(way, 'cpu'))} |`);

// Pages of the same size, so that volume is all that grows.
const small = await startService({ 'events-per-hour': 4167, 'prerender-hours': 26, 'page-size': 4167 });
const smallRuns = await interleaved(
  small,
  { action: () => measure(ACTION, environment(small, 24)) },
  FEW,
  4167 * 24,
);
await small.stop();
const large = await startService({ 'events-per-hour': 41_670, 'prerender-hours': 26, 'page-size': 4167 });
const largeRuns = await interleaved(
  large,
  { action: () => measure(ACTION, environment(large, 24)) },
  FEW,
  41_670 * 24,
);
await large.stop();
const [few, many] = [medians(smallRuns.action), medians(largeRuns.action)];
say();
say('## Growth');
say();
say('| events | wall | CPU | peak RSS |');
say('| ---: | ---: | ---: | ---: |');
say(`| ${(4167 * 24).toLocaleString('en-US')} | ${ms(few.wall)} | ${ms(few.cpu)} | ${mb(few.rss)} |`);
say(`| ${(41_670 * 24).toLocaleString('en-US')} | ${ms(many.wall)} | ${ms(many.cpu)} | ${mb(many.rss)} |`);

// The table is read back: what the runner's process costs by that, and what it reads. The emulator's evaluation of the
// queries is its own, and waited for: wall time is not compared.
const unread: Usage[] = [];
const proofs: Usage[] = [];
const proofBytes: number[] = [];
for (let repeat = 0; repeat < FEW; repeat += 1) {
  // Anew each time: it keeps all rows in memory. The runs that are compared follow each other, each on a day of its own.
  const proved = await startService({
    'events-per-hour': 8333,
    'prerender-hours': 50,
    'page-size': 10_000,
    'keep-rows': true,
  });
  const dayBack = (days: number) => ({
    'start-time': new Date(end - (days + 1) * 24 * HOUR).toISOString(),
    'end-time': new Date(end - days * 24 * HOUR).toISOString(),
    'state-file': newStateFile(),
  });
  unread.push(await measure(ACTION, environment(proved, 24, dayBack(0))));
  const window = { ...proved.proofInputs, ...dayBack(1) };
  proofs.push(await measure(ACTION, environment(proved, 24, window)));
  const before = await proved.queryBytes();
  // The same again: everything is there, and equal.
  await measure(ACTION, environment(proved, 24, window));
  proofBytes.push((await proved.queryBytes()) - before);
  await proved.stop();
}
const [plain, proof] = [medians(unread), medians(proofs)];
const proofStatus = proofs.map(({ output: of }) => of.proof).join(', ');
say();
say(`## Reading the table back, ${EVENTS.toLocaleString('en-US')} events in 24 hours`);
say();
say('| | CPU | peak RSS |');
say('| --- | ---: | ---: |');
say(`| the action with \`state-file\` | ${ms(plain.cpu)} | ${mb(plain.rss)} |`);
say(`| the same with \`workspace-id\` | ${ms(proof.cpu)} | ${mb(proof.rss)} |`);
say();
say(
  `Proof: ${proofStatus}. A run that finds everything equal reads ${median(proofBytes).toLocaleString('en-US')} bytes of answers.`,
);

// Nothing of the hours that are settled on the way may stay. The last day is too young to settle, in both.
const DAILY = quick ? 24_000 : 24 * 8333;
const long = await startService({ 'events-per-hour': DAILY / 24, 'page-size': 4167 });
const span = async (days: number) => {
  const env = environment(long, days * 24, { 'state-file': newStateFile() });
  const { span } = await interleaved(long, { span: () => measure(ACTION, env) }, 1, days * DAILY);
  return medians(span);
};
const [oneDay, manyDays] = [await span(1), await span(27)];
await long.stop();
rmSync(folder, { recursive: true });
say();
say(`## Memory with \`state-file\`, ${DAILY.toLocaleString('en-US')} events a day`);
say();
say('| days in one run | wall | CPU | peak RSS |');
say('| ---: | ---: | ---: | ---: |');
for (const [days, cost] of [
  [1, oneDay],
  [27, manyDays],
] as const)
  say(`| ${days} | ${ms(cost.wall)} | ${ms(cost.cpu)} | ${mb(cost.rss)} |`);

const slow = await startService({
  'events-per-hour': 50,
  'prerender-hours': 75,
  'page-delay': 250,
  'upload-delay': 100,
});
const waits = await interleaved(
  slow,
  {
    four: () => measure(ACTION, environment(slow, 73, { concurrency: '4' })),
    eight: () => measure(ACTION, environment(slow, 73, { concurrency: '8' })),
  },
  FEW,
  50 * 73,
);
const [four, eight] = [medians(waits.four), medians(waits.eight)];
const requests = Number(waits.four[0]?.output['source-requests']);
await slow.stop();
say();
say('## 73 hours at 250 ms a page, 100 ms an upload');
say();
say('| concurrency | wall | 73 / concurrency × 250 ms |');
say('| ---: | ---: | ---: |');
say(`| 4 | ${ms(four.wall)} | ${ms((73 / 4) * 250)} |`);
say(`| 8 | ${ms(eight.wall)} | ${ms((73 / 8) * 250)} |`);

const refusal: Usage[] = [];
const empty: Usage[] = [];
const compiled: Usage[] = [];
const task: Usage[] = [];
for (let repeat = 0; repeat < 10; repeat += 1) {
  empty.push(await measure(script('empty.mjs'), {}));
  compiled.push(await measure(script('compile.mjs'), { BENCH_COMPILE: ACTION }));
  refusal.push(await measure(ACTION, { 'INPUT_TENANT-ID': 'wrong' }));
  task.push(await measure(TASK, { INPUT_TENANTID: 'wrong' }));
}
const emptyCpu = median(empty.map(({ cpu }) => cpu));
const refusalCpu = median(refusal.map(({ cpu }) => cpu));
const taskCpu = median(task.map(({ cpu }) => cpu));
const compileCpu = median(compiled.map(({ cpu }) => cpu));

say();
say('## Targets');
say();
say('| what | target | measured | |');
say('| --- | --- | ---: | --- |');
const target = (what: string, wanted: string, value: number, limit: number, unit = '×') =>
  say(`| ${what} | ${wanted} | ${value.toFixed(2)} ${unit} | ${value <= limit ? 'met' : 'missed'} |`);
target('wall time, 200,000 events', 'at most 1.25 × the limit', action.wall / limit.wall, 1.25);
target('CPU time, 200,000 events', 'at most 1.4 × the limit', action.cpu / limit.cpu, 1.4);
target('peak RSS, 200,000 events', 'at most 260 MB', action.rss, 260, 'MB');
target('peak RSS, 1,000,000 against 100,000 events', 'at most 1.15 ×', many.rss / few.rss, 1.15);
target('peak RSS with `state-file`, 27 days against 1', 'at most 1.2 ×', manyDays.rss / oneDay.rss, 1.2);
target('73 hours, concurrency 4', 'at most 1.3 × 73/4 × 250 ms', four.wall / ((73 / 4) * 250), 1.3);
target('73 hours, concurrency 8', 'at most 1.3 × 73/8 × 250 ms', eight.wall / ((73 / 8) * 250), 1.3);
target('requests to the source, 73 hours', 'one for each page', requests / 73, 1, 'a page');
target('bytes on the wire', 'at most 1/6 of the rows', wire / bytes, 1 / 6, 'of the rows');
target(
  'start-up CPU to the first refusal of an input',
  'at most 2 × an empty process',
  refusalCpu / emptyCpu,
  2,
);
target('`state-file`', 'at most 1.08 × the CPU', state.cpu / action.cpu, 1.08);
target('`pseudonym-key`', 'at most 1.1 × the CPU', keyed.cpu / action.cpu, 1.1);
target('`workspace-id`', 'at most 1.15 × the CPU with `state-file`', proof.cpu / plain.cpu, 1.15);
target('answers read where all is equal', 'under 10 kB', median(proofBytes) / 1000, 10, 'kB');
say();
say(
  `Start-up, in CPU: ${emptyCpu.toFixed(0)} ms for an empty process, ${(compileCpu - emptyCpu).toFixed(0)} ms for V8 to read the bundle, ${(refusalCpu - compileCpu).toFixed(0)} ms to set its libraries up and refuse. The bundle is one file because an action is checked out, not installed; V8 has to read all of it once. The task for Azure Pipelines, which has nothing of GitHub's toolkit, refuses within ${taskCpu.toFixed(0)} ms where the action takes ${refusalCpu.toFixed(0)} ms.`,
);
say(
  `Against the naive pipeline: ${times(naive.wall, action.wall)} times as fast, with 1/${times(naive.rss, action.rss)} of the memory.`,
);
await freshness(quick ? 6 : 14, say);
if (flags.write) writeFileSync(script('RESULTS.md'), `${lines.join('\n')}\n`);
