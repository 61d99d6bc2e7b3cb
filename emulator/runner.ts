import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOURCES_BUNDLE } from '../tools/fresh-bundle.ts';
import { type ProcessOptions, runProcess } from './wire/step-process.ts';

/** What a runner would show of a step: exit code, log, outputs and job summary. */
export interface StepResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly log: string;
  readonly outputs: Record<string, string>;
  readonly summary: string;
  readonly milliseconds: number;
  /** Largest resident memory of the process, where it was asked for. */
  readonly peakKb: number;
}

export interface StepOptions extends ProcessOptions {
  readonly inputs: Record<string, string>;
  readonly env: Record<string, string>;
}

/** Of the sources at hand: tests, demo and fuzzer see to it before they start (freshBundle). */
const BUNDLE = join(SOURCES_BUNDLE, 'index.js');

/**
 * Runs the bundle as its own process exactly as a runner would: INPUT_* variables, GITHUB_OUTPUT and
 * GITHUB_STEP_SUMMARY files, and nothing else of this process's environment.
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands)
 */
export async function runStep(options: StepOptions): Promise<StepResult> {
  const folder = mkdtempSync(join(tmpdir(), 'step-'));
  const outputFile = join(folder, 'output');
  const summaryFile = join(folder, 'summary');
  writeFileSync(outputFile, '');
  writeFileSync(summaryFile, '');
  const inputs = Object.entries(options.inputs).map(([name, value]) => [
    `INPUT_${name.toUpperCase()}`,
    value,
  ]);
  const { log, code, signal, milliseconds, peakKb } = await runProcess(BUNDLE, folder, options, {
    PATH: process.env.PATH ?? '',
    GITHUB_ACTIONS: 'true',
    GITHUB_REPOSITORY: 'octo/compliance',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_WORKFLOW: 'Collect activity',
    GITHUB_RUN_ID: '7654321',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_OUTPUT: outputFile,
    GITHUB_STEP_SUMMARY: summaryFile,
    ...Object.fromEntries(inputs),
    ...options.env,
  });
  const outputs = parseOutputs(readFileSync(outputFile, 'utf8'));
  const summary = readFileSync(summaryFile, 'utf8');
  rmSync(folder, { recursive: true, force: true });
  return { code, signal, log, outputs, summary, milliseconds, peakKb };
}

/** GITHUB_OUTPUT: `name<<delimiter`, the value's lines, the delimiter. */
function parseOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const [, name = '', , value = ''] of text.matchAll(/^([\w-]+)<<(.+)\r?\n([\s\S]*?)\r?\n\2$/gm)) {
    outputs[name] = value;
  }
  return outputs;
}

/** NODE_OPTIONS of a machine whose clock is ahead of the true time, or behind it where `ms` is negative. */
export function shiftedClock(ms: number): string {
  const module = `
    const True = Date;
    globalThis.Date = class Date extends True {
      constructor(...given) {
        super(...(given.length === 0 ? [Date.now()] : given));
      }
      static now() {
        return True.now() + ${ms};
      }
    };`;
  return `--import data:text/javascript,${encodeURIComponent(module)}`;
}
