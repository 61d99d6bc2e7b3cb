/**
 * The emulator as a process of its own: `node emulator/main.ts --events-per-hour 8333`. Prints one line of
 * JSON when ready; then takes requests as lines of JSON on standard input, or as IPC messages, and answers
 * the same way: `{"cmd":"stats"}`, `{"cmd":"fault","fault":{…}}` (1e999 is JSON for "always"),
 * `{"cmd":"clear-faults"}`, `{"cmd":"stop"}`. Ends with its input.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { startEmulator } from './server.ts';
import { statsOf } from './stats.ts';
import { ACTIVITY_STREAM } from './tenant/activity-stream.ts';
import { HOUR_MS } from './tenant/events.ts';
import type { EmulatorOptions } from './tenant/settings.ts';
import type { Fault } from './wire/fault.ts';

const { values } = parseArgs({
  options: {
    'events-per-hour': { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    'page-size': { type: 'string', default: '5000' },
    'page-delay': { type: 'string', default: '0' },
    'upload-delay': { type: 'string', default: '0' },
    budget: { type: 'string' },
    'token-lifetime': { type: 'string', default: '3599' },
    'prerender-hours': { type: 'string', default: '0' },
    'no-empty-pages': { type: 'boolean', default: false },
    'keep-rows': { type: 'boolean', default: false },
    gzip: { type: 'boolean', default: false },
  },
});

const options: EmulatorOptions = {
  eventsPerHour: numberOf('events-per-hour', values['events-per-hour']),
  seed: numberOf('seed', values.seed),
  pageSize: numberOf('page-size', values['page-size']),
  pageDelayMs: numberOf('page-delay', values['page-delay']),
  uploadDelayMs: numberOf('upload-delay', values['upload-delay']),
  budget: values.budget === undefined ? undefined : numberOf('budget', values.budget),
  tokenLifetimeSeconds: numberOf('token-lifetime', values['token-lifetime']),
  emptyPages: !values['no-empty-pages'],
  keepRows: values['keep-rows'],
  ...(values['keep-rows'] ? { stream: ACTIVITY_STREAM } : {}),
  gzip: values.gzip,
};

const emulator = await startEmulator(options);
const now = emulator.now();
emulator.prerender(now - numberOf('prerender-hours', values['prerender-hours']) * HOUR_MS, now);
const { url, caFile, proxyUrl, imdsUrl, env, proxyEnv, inputs, proxyInputs, proofInputs } = emulator;
tell({ url, caFile, proxyUrl, imdsUrl, env, proxyEnv, inputs, proxyInputs, proofInputs });

if (process.send === undefined) {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => answer(parse(line)));
  lines.on('close', stop);
} else {
  process.on('message', answer);
  process.on('disconnect', stop);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

interface Command {
  cmd?: string;
  fault?: Fault;
}

function answer(message: unknown): void {
  const { cmd, fault } = (typeof message === 'object' && message !== null ? message : {}) as Command;
  if (cmd === 'stats') tell(statsOf(emulator));
  else if (cmd === 'fault' && fault !== undefined) {
    emulator.fault(fault);
    tell({ armed: true });
  } else if (cmd === 'clear-faults') {
    emulator.clearFaults();
    tell({ armed: false });
  } else if (cmd === 'stop') stop();
  else tell({ error: 'Expected a command: stats, fault, clear-faults or stop.' });
}

function tell(value: object): void {
  if (process.send !== undefined) process.send(value);
  else process.stdout.write(`${JSON.stringify(value)}\n`);
}

function stop(): void {
  emulator.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new Error(`Expected --${name} to be a number >= 0, got "${text}".`);
  return value;
}
