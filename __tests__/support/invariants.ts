/** What has to hold of every run, however it ends. */
import { expect } from '@jest/globals';
import type { StepResult } from '../../emulator/runner.ts';
import type { Emulator } from '../../emulator/server.ts';
import { FAULTS } from '../../src/errors.ts';
import { OUTPUTS } from './contract-names.ts';

const HISTORY_MS = 28 * 24 * 3_600_000;
const TWO_DAYS_MS = 48 * 3_600_000;

export interface Annotation {
  readonly title: string;
  readonly message: string;
}

export interface WholeRun extends StepResult {
  readonly errors: readonly Annotation[];
  readonly warnings: readonly Annotation[];
}

export function count(run: WholeRun, output: string): number {
  return Number(run.outputs[output]);
}

/** Errors or warnings as the runner shows them. */
export function annotations(log: string, kind: 'error' | 'warning'): Annotation[] {
  const lines = log.matchAll(new RegExp(`^::${kind} title=([^:]*)::(.*)$`, 'gm'));
  return [...lines].map(([, title = '', message = '']) => ({
    title: unescaped(title),
    message: unescaped(message),
  }));
}

function unescaped(text: string): string {
  return text.replaceAll('%2C', ',').replaceAll('%3A', ':').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

/** Outputs and summary are there, green means without error, and each kind of fault is told once, in one line. */
function expectOrderlyEnd(run: WholeRun): void {
  expect(Object.keys(run.outputs).sort()).toEqual([...OUTPUTS].sort());
  expect([run.signal, run.code]).toEqual([null, run.errors.length === 0 ? 0 : 1]);
  expect(run.summary).toMatch(run.errors.length === 0 ? /^## (✅|⚠️)/ : /^## ❌/);
  expect(Buffer.byteLength(run.summary)).toBeLessThan(2 ** 20);
  const titles = run.errors.map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
  for (const { title, message } of run.errors) {
    const fault = Object.values(FAULTS).find((one) => one.title === title);
    expect(fault?.title).toBe(title);
    expect(message).toMatch(/^[^\n]+$/);
    expect(message.startsWith(`${title}: `)).toBe(true);
    expect(message.length).toBeGreaterThan(title.length + (fault?.remedy.length ?? 0) / 2);
    expect(run.summary).toContain(`**${title}.**`);
  }
  if (run.errors.length > 0) expect(run.outputs.complete).toBe('false');
  expect(titles).not.toContain('Unexpected error');
}

interface BatchEntry {
  readonly batch: number;
  readonly rows: number;
  readonly bytes: number;
  readonly wireBytes: number;
  readonly status: string;
  readonly requestId: string;
}

export function batchesOf(run: WholeRun): BatchEntry[] {
  return JSON.parse(run.outputs['batch-summary'] ?? '') as BatchEntry[];
}

/** Collected = ingested + failed + skipped, and the batches say the same as the counts. */
function expectSums(run: WholeRun): void {
  const [collected, skipped] = [count(run, 'activities-collected'), count(run, 'duplicates-skipped')];
  const [ingested, failed] = [count(run, 'activities-ingested'), count(run, 'activities-failed')];
  const batches = batchesOf(run);
  const dryRun = batches.some(({ status }) => status === 'dry-run');
  if (dryRun) expect([ingested, failed]).toEqual([0, 0]);
  else expect(collected).toBe(ingested + failed + skipped);
  if (batches.length === 500) return;
  const sent = batches.filter(({ status }) => status === 'sent');
  const total = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0);
  expect({
    ingested: total(sent.map(({ rows }) => rows)),
    sent: sent.length,
    failed: batches.filter(({ status }) => status === 'refused' || status === 'failed').length,
    bytes: total(sent.map(({ wireBytes }) => wireBytes)),
  }).toEqual({
    ingested,
    sent: count(run, 'batches-sent'),
    failed: count(run, 'batches-failed'),
    bytes: count(run, 'bytes-sent'),
  });
  for (const { bytes } of batches) expect(bytes).toBeLessThanOrEqual(1_000_000);
}

const PRIVATE = [
  ...['UserId', 'UserKey', 'ClientIP', 'UserAgent', 'ItemName', 'WorkSpaceName', 'WorkspaceName'],
  ...['CapacityName', 'AppName', 'DatasetName', 'ReportName', 'ArtifactName', 'DashboardName'],
];

/** No secret, token, person or name in what anybody gets to read; secrets may stand in the lines that mask them. */
function expectPrivacy(emulator: Emulator, run: WholeRun, env: Record<string, string>): void {
  const lines = run.log.split('\n');
  const masks = lines
    .filter((line) => line.startsWith('::add-mask::'))
    .map((line) => unescaped(line.slice(12)));
  const told = lines.filter((line) => !line.startsWith('::add-mask::')).join('\n');
  const shown = `${told}\n${JSON.stringify(run.outputs)}\n${run.summary}`;
  const { clientSecret, vaultSecrets } = emulator.configure;
  const secrets = [
    clientSecret,
    ...Object.values(vaultSecrets),
    env.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    env.ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN,
    ...masks,
  ];
  const window = {
    start: Date.parse(run.outputs['window-start'] ?? ''),
    end: Date.parse(run.outputs['window-end'] ?? ''),
  };
  const short = window.end - window.start <= TWO_DAYS_MS;
  const events = short ? emulator.eventsIn(window.start, window.end).slice(0, 500) : [];
  const personal = events.flatMap((event) => PRIVATE.map((name) => event[name]));
  const names = emulator.table.slice(0, 500).map((row) => row.WorkspaceName);
  const leaked = [...secrets, ...personal, ...names].filter(
    (text) => typeof text === 'string' && text.length > 3 && shown.includes(text),
  );
  expect(leaked).toEqual([]);
}

/** Nothing sent that the service swallows, no ID token twice, nothing asked of strangers or beyond the history. */
function expectGoodManners(emulator: Emulator): void {
  expect({
    reusedAssertions: emulator.reusedAssertions,
    droppedColumns: emulator.droppedColumnNames,
    droppedValues: emulator.droppedValueNames,
    swallowed: emulator.swallowed + emulator.swallowedElements,
    truncated: emulator.truncatedValues,
    foreign: emulator.requestsTo('foreign'),
  }).toEqual({
    ...{
      reusedAssertions: 0,
      droppedColumns: {},
      droppedValues: {},
      swallowed: 0,
      truncated: 0,
      foreign: [],
    },
  });
  for (const { query, at } of emulator.requestsTo('power-bi')) {
    const start = Date.parse(query.startDateTime?.slice(1, -1) ?? '');
    if (!Number.isNaN(start)) expect(start).toBeGreaterThanOrEqual(at - HISTORY_MS);
  }
}

/** Holds a run to what the contract says of every run. `env` is what the step was given. */
export function expectInvariants(emulator: Emulator, run: WholeRun, env: Record<string, string>): void {
  expectOrderlyEnd(run);
  expectSums(run);
  expectPrivacy(emulator, run, env);
  expectGoodManners(emulator);
}
