// Starts the emulator, runs the bundle as a runner or an agent would, several times, and shows log, outputs, summary and what
// reached the table: the second run finds nothing new; late events are acknowledged and lost, found missing and sent once more; a
// checkpoint is deleted, and nothing is sent twice.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shiftedClock } from '../emulator/runner.ts';
import { startEmulator } from '../emulator/server.ts';
import { ACTIVITY_STREAM } from '../emulator/tenant/activity-stream.ts';
import { camelCase } from '../src/inputs/names.ts';
import { readChoice } from '../tools/flags.ts';
import { freshBundle } from '../tools/fresh-bundle.ts';
import { HOSTS, runOn, type Shown } from './hosts.ts';

const host = readChoice(
  'npm run demo',
  'Runs the action, or the task, against the emulator of all services, several times.',
  'host',
  HOSTS,
);
freshBundle();

const HOUR = 3_600_000;
const shownAt = host === 'github' ? 'out' : `out/${host}`;
const out = fileURLToPath(new URL(`${shownAt}/`, import.meta.url));
mkdirSync(out, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'demo-'));

let ahead = 0;
const emulator = await startEmulator({
  eventsPerHour: 400,
  now: () => Date.now() + ahead,
  stream: ACTIVITY_STREAM,
});
const inputs = {
  ...emulator.proxyInputs,
  ...emulator.proxyProofInputs,
  'state-file': join(folder, 'activity.state'),
};
try {
  const first = await run('1. A first run: 24 hours of activity, through the real host names', 'summary.md');
  compare(first);
  const again = await run('2. The same again: nothing is sent twice', 'summary-nothing-new.md');
  compare(again);
  const now = emulator.now();
  const [late] = emulator.eventsIn(now - 6 * HOUR, now - 5 * HOUR);
  emulator.addEvents([1, 2, 3].map((number) => ({ ...late, Id: `late-event-${number}` })));
  emulator.fault({
    service: 'ingestion',
    skip: 1,
    lose: { rows: ({ ActivityId }) => String(ActivityId).startsWith('late-event') },
  });
  const lost = await run(
    '3. Three events arrive late: only they are sent. The service acknowledges them, and loses them',
    'summary-lost.md',
  );
  compare(lost, 3);
  ahead = 7 * HOUR;
  const found = await run(
    '4. Seven hours later: they are missing from the table, and sent once more',
    'summary-found.md',
  );
  compare(found);
  rmSync(inputs['state-file']);
  const forgotten = await run(
    '5. The checkpoint is gone: the table says what was sent, and nothing is sent twice',
    'summary-forgotten.md',
  );
  compare(forgotten);
  const runs = [first, again, lost, found, forgotten];
  const of = (name: string) => runs.map(({ outputs }) => outputs[name]).join(', ');
  console.log(
    `\nIn the five runs: ${of('source-requests')} source requests; ${of('activities-ingested')} rows sent;`,
  );
  console.log(`${of('rows-resent')} rows sent again; proof: ${of('proof')}.`);
  const { receivedAt: _, ...row } = emulator.table[0] ?? {};
  console.log(`\nThe first row of the table:\n${JSON.stringify(row, null, 2)}`);
} finally {
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
}

async function run(title: string, summaryFile: string): Promise<Shown> {
  console.log(`\n=== ${title} ===\n`);
  const env: Record<string, string> = ahead === 0 ? {} : { NODE_OPTIONS: shiftedClock(ahead) };
  const step = await runOn(host, emulator, inputs, env);
  console.log(step.log.trimEnd());
  console.log(`\n${step.ending}\n\nOutputs:`);
  for (const [name, value] of Object.entries(step.outputs)) {
    const short = value.length > 150 ? `${value.slice(0, 150)}… (${value.length} characters)` : value;
    console.log(`  ${host === 'github' ? name : camelCase(name)}: ${short}`);
  }
  writeFileSync(join(out, summaryFile), step.summary);
  console.log(`\nSummary (demo/${shownAt}/${summaryFile}):\n\n${step.summary.replace(/^/gm, '  ')}`);
  if (!step.isGood) throw new Error(`expected a good end, got ${step.ending}`);
  return step;
}

/** What the source holds for the window against what is in the table: nothing lost, nothing twice. */
function compare({ outputs }: Shown, lost = 0): void {
  const window = [outputs['window-start'], outputs['window-end']].map((text) => Date.parse(text ?? ''));
  const [start = 0, end = 0] = window;
  const events = emulator.eventsIn(start, end);
  const ids = new Set(emulator.table.map(({ ActivityId }) => ActivityId));
  const there = events.filter(({ Id }) => ids.has(Id)).length;
  const rows = emulator.table.length;
  console.log(
    `Of ${events.length} events of the window ${there} are in the table, which has ${rows} rows with ${ids.size} different ids.`,
  );
  if (events.length !== there + lost || rows !== ids.size)
    throw new Error('the table does not hold each event once');
}
