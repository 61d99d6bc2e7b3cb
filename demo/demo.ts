// Starts the emulator, runs the bundle as a runner would, and shows log, outputs, summary and what reached the table.
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runStep, type StepResult } from '../emulator/runner.ts';
import { type Emulator, startEmulator } from '../emulator/server.ts';

const out = fileURLToPath(new URL('out/', import.meta.url));
mkdirSync(out, { recursive: true });

const emulator = await startEmulator({ eventsPerHour: 400 });
try {
  title('24 hours of activity, through the real host names');
  const step = await runStep({ inputs: emulator.proxyInputs, env: emulator.proxyEnv });
  show(step, 'summary.md');
  compare(emulator, step);
  process.exitCode = step.code ?? 1;
} finally {
  await emulator.close();
}

function title(text: string): void {
  console.log(`\n=== ${text} ===\n`);
}

function show(step: StepResult, file: string): void {
  console.log(step.log.replace(/^::add-mask::.*$/gm, '::add-mask::***').trimEnd());
  console.log(`\nexit code ${step.code}, ${(step.milliseconds / 1000).toFixed(1)} s\n\nOutputs:`);
  for (const [name, value] of Object.entries(step.outputs)) {
    console.log(
      `  ${name}: ${value.length > 150 ? `${value.slice(0, 150)}… (${value.length} characters)` : value}`,
    );
  }
  writeFileSync(`${out}${file}`, step.summary);
  console.log(`\nJob summary (demo/out/${file}):\n`);
  console.log(step.summary.replace(/^/gm, '  '));
}

/** What the source holds for the window against what is in the table: nothing lost, nothing twice. */
function compare({ eventsIn, table }: Emulator, { outputs }: StepResult): void {
  const start = Date.parse(outputs['window-start'] ?? '');
  const end = Date.parse(outputs['window-end'] ?? '');
  const there = eventsIn(start, end).length;
  const ids = new Set(table.map((row) => row.ActivityId));
  console.log(
    `In the source ${there} events, in the table ${table.length} rows with ${ids.size} different ids.`,
  );
  const { receivedAt: _, ...row } = table[0] ?? {};
  console.log(`\nThe first row:\n${JSON.stringify(row, null, 2)}`);
  if (there !== table.length || there !== ids.size)
    throw new Error('the table does not hold each event once');
}
