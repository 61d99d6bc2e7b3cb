// Starts the emulator, runs the bundle as a runner or an agent would, several times, and says of each run whether the table is as
// it should be: the second run finds nothing new; late events are acknowledged and lost, found missing and sent once more; a
// checkpoint is deleted, and nothing is sent twice. Writes a page with the summaries, the rows and the answers of the queries.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { shiftedClock } from '../emulator/runner.ts';
import { startEmulator } from '../emulator/server.ts';
import { ACTIVITY_STREAM } from '../emulator/tenant/activity-stream.ts';
import { camelCase } from '../src/inputs/names.ts';
import { freshBundle } from '../tools/fresh-bundle.ts';
import { securityAnswers } from './answers.ts';
import { runOn, type Shown } from './hosts.ts';
import { readOptions } from './options.ts';
import { pageOf, type ShownRun } from './page.ts';
import { conspicuous, eventsOfHour } from './working-day.ts';

const { host, verbose } = readOptions();
console.log('Fabric activity to Log Analytics, five runs against an emulator of all the services.');
console.log('Building the sources, where they have changed …');
freshBundle();

const HOUR = 3_600_000;
const out = fileURLToPath(new URL(host === 'github' ? 'out/' : `out/${host}/`, import.meta.url));
mkdirSync(out, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'demo-'));
const runs: ShownRun[] = [];

let ahead = 0;
const emulator = await startEmulator({
  eventsPerHour: eventsOfHour,
  now: () => Date.now() + ahead,
  stream: ACTIVITY_STREAM,
});
const inputs = {
  ...emulator.proxyInputs,
  ...emulator.proxyProofInputs,
  'state-file': join(folder, 'activity.state'),
  // Runs follow each other within seconds: nothing young would be due.
  recheck: 'all',
  'proof-wait-seconds': '5',
};
const [sample = {}] = emulator.eventsIn(emulator.now() - 4 * HOUR, emulator.now() - 3 * HOUR);
emulator.addEvents(conspicuous(sample));
try {
  await run('1. A first run: 24 hours of activity', 'summary.md');
  await run('2. The same again', 'summary-nothing-new.md');
  const now = emulator.now();
  const [late] = emulator.eventsIn(now - 6 * HOUR, now - 5 * HOUR);
  emulator.addEvents([1, 2, 3].map((number) => ({ ...late, Id: `late-event-${number}` })));
  emulator.fault({
    service: 'ingestion',
    skip: 1,
    lose: { rows: ({ ActivityId }) => String(ActivityId).startsWith('late-event') },
  });
  await run('3. Three events arrive late; the service acknowledges them, and loses them', 'summary-lost.md', {
    lost: 3,
    sent: 3,
  });
  ahead = 7 * HOUR;
  await run('4. Seven hours later: they are found missing, and sent once more', 'summary-found.md', {
    again: 3,
  });
  rmSync(inputs['state-file']);
  await run('5. The state file is gone: the table says what was sent', 'summary-forgotten.md');
  const answers = securityAnswers(emulator.table, emulator.now());
  console.log('\nSecurity queries, executed on the rows:');
  for (const { title, rows } of answers)
    console.log(`   ${String(rows.length).padStart(4)} found · ${title}`);
  const page = join(out, 'index.html');
  writeFileSync(page, pageOf({ runs, answers, table: emulator.table }));
  console.log(`\nSummaries, rows and answers to look through: ${relative(process.cwd(), page)}`);
  console.log(pathToFileURL(page).href);
} finally {
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
}

/** What a run has to come to for the story to be true. */
interface Expected {
  readonly lost?: number;
  /** At least: the tenant goes on working meanwhile. */
  readonly sent?: number;
  readonly again?: number;
}

async function run(title: string, summaryFile: string, expected: Expected = {}): Promise<void> {
  console.log(`\n${title}`);
  const env: Record<string, string> = ahead === 0 ? {} : { NODE_OPTIONS: shiftedClock(ahead) };
  const step = await runOn(host, emulator, inputs, env);
  writeFileSync(join(out, summaryFile), step.summary);
  if (verbose || !step.isGood) showAll(step, summaryFile);
  if (!step.isGood) throw new Error(`expected a good end, got ${step.ending}`);
  const verdicts = verdictsOf(step, expected);
  for (const verdict of verdicts) console.log(`   ${verdict}`);
  runs.push({ title, summary: step.summary, verdicts });
}

/** What the source holds for the window against what is in the table: nothing lost, nothing twice. */
function verdictsOf({ outputs, ending }: Shown, { lost = 0, ...expected }: Expected): string[] {
  const [start = 0, end = 0] = [outputs['window-start'], outputs['window-end']].map((text) =>
    Date.parse(text ?? ''),
  );
  const events = emulator.eventsIn(start, end);
  const ids = new Set(emulator.table.map(({ ActivityId }) => ActivityId));
  const there = events.filter(({ Id }) => ids.has(Id)).length;
  const twice = emulator.table.length - ids.size;
  if (events.length !== there + lost || twice !== 0)
    throw new Error(`expected each event once, got ${there} of ${events.length}, ${twice} of them twice`);
  const [sent = 0, again = 0] = [outputs['activities-ingested'], outputs['rows-resent']].map(Number);
  if (sent < (expected.sent ?? 0) || again !== (expected.again ?? 0))
    throw new Error(`expected ${JSON.stringify(expected)}, got ${sent} sent and ${again} sent once more`);
  const proof = outputs.proof === 'complete' ? '✅ proved' : `⏳ proof: ${outputs.proof}`;
  return [
    `${lost === 0 ? '✅' : '⏳'} ${there} of ${events.length} events of the window are in the table${lost === 0 ? '' : ', as was to be shown'} · ✅ none twice`,
    `${proof} · ${sent} sent, ${again} sent once more, ${outputs['source-requests']} requests · ${ending}`,
  ];
}

function showAll(step: Shown, summaryFile: string): void {
  console.log(`\n${step.log.trimEnd()}\n\n${step.ending}\n\nOutputs:`);
  for (const [name, value] of Object.entries(step.outputs)) {
    const short = value.length > 150 ? `${value.slice(0, 150)}… (${value.length} characters)` : value;
    console.log(`  ${host === 'github' ? name : camelCase(name)}: ${short}`);
  }
  console.log(`\nSummary (${summaryFile}):\n\n${step.summary.replace(/^/gm, '  ')}`);
}
