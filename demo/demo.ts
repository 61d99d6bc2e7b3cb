// Starts the emulator, runs the bundle as a runner would, three times in a row, and shows log, outputs, summary and what
// reached the table: the second run finds nothing new, then late events appear and the third sends only those.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runStep, type StepResult } from '../emulator/runner.ts';
import { startEmulator } from '../emulator/server.ts';
import { readFlags } from '../tools/flags.ts';
import { freshBundle } from '../tools/fresh-bundle.ts';

readFlags('npm run demo', 'Runs the action against the emulator of all services, three times in a row.', {});
freshBundle();

const HOUR = 3_600_000;
const out = fileURLToPath(new URL('out/', import.meta.url));
mkdirSync(out, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'demo-'));

const emulator = await startEmulator({ eventsPerHour: 400 });
const inputs = { ...emulator.proxyInputs, 'state-file': join(folder, 'activity.state') };
try {
  const first = await run('1. A first run: 24 hours of activity, through the real host names', 'summary.md');
  compare(first);
  const again = await run('2. The same again: nothing is sent twice', 'summary-nothing-new.md');
  compare(again);
  const now = Date.now();
  const [late] = emulator.eventsIn(now - 6 * HOUR, now - 5 * HOUR);
  emulator.addEvents([1, 2, 3].map((number) => ({ ...late, Id: `late-event-${number}` })));
  const third = await run(
    '3. Three events of five hours ago arrive late: only they are sent',
    'summary-late.md',
  );
  compare(third);
  const requests = [first, again, third].map(({ outputs }) => outputs['source-requests']).join(', ');
  const sent = [first, again, third].map(({ outputs }) => outputs['activities-ingested']).join(', ');
  console.log(`\nIn the three runs: ${requests} source requests; ${sent} rows sent.`);
  const { receivedAt: _, ...row } = emulator.table[0] ?? {};
  console.log(`\nThe first row of the table:\n${JSON.stringify(row, null, 2)}`);
} finally {
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
}

async function run(title: string, summaryFile: string): Promise<StepResult> {
  console.log(`\n=== ${title} ===\n`);
  const step = await runStep({ inputs, env: emulator.proxyEnv });
  console.log(step.log.replace(/^::add-mask::.*$/gm, '::add-mask::***').trimEnd());
  console.log(`\nexit code ${step.code}, ${(step.milliseconds / 1000).toFixed(1)} s\n\nOutputs:`);
  for (const [name, value] of Object.entries(step.outputs)) {
    const short = value.length > 150 ? `${value.slice(0, 150)}… (${value.length} characters)` : value;
    console.log(`  ${name}: ${short}`);
  }
  writeFileSync(join(out, summaryFile), step.summary);
  console.log(`\nJob summary (demo/out/${summaryFile}):\n\n${step.summary.replace(/^/gm, '  ')}`);
  if (step.code !== 0) throw new Error(`expected exit code 0, got ${step.code}`);
  return step;
}

/** What the source holds for the window against what is in the table: nothing lost, nothing twice. */
function compare({ outputs }: StepResult): void {
  const window = [outputs['window-start'], outputs['window-end']].map((text) => Date.parse(text ?? ''));
  const [start = 0, end = 0] = window;
  const there = emulator.eventsIn(start, end).length;
  const rows = emulator.table.length;
  const ids = new Set(emulator.table.map(({ ActivityId }) => ActivityId)).size;
  console.log(`In the source ${there} events, in the table ${rows} rows with ${ids} different ids.`);
  if (there !== rows || rows !== ids) throw new Error('the table does not hold each event once');
}
