import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SOURCES_BUNDLE } from '../tools/fresh-bundle.ts';

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

export interface StepOptions {
  readonly inputs: Record<string, string>;
  readonly env: Record<string, string>;
  /** Called once the process runs, to send it signals. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
  readonly onLine?: (line: string) => void;
  /** No file can grow beyond so many kB, as on a disk that is nearly full (EFBIG in place of ENOSPC). POSIX only. */
  readonly fileSizeLimit?: number;
  readonly measurePeak?: boolean;
}

/**
 * Writes the process's peak to the file that PEAK_FILE names. VmHWM where there is one: the maximum of getrusage begins with
 * what the parent had when it forked.
 */
const PEAK = `--import=data:text/javascript,${encodeURIComponent(`
  import { readFileSync, writeFileSync } from 'node:fs';
  const peak = () => {
    try {
      return /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
    } catch {
      return String(process.resourceUsage().maxRSS);
    }
  };
  process.on('exit', () => writeFileSync(process.env.PEAK_FILE, peak()));`)}`;

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
  const started = performance.now();
  const { fileSizeLimit, measurePeak = false } = options;
  // bash counts in kB, and passes on variables such as INPUT_TENANT-ID, which other shells drop. Node ignores the signal.
  const [command, arguments_] =
    fileSizeLimit === undefined
      ? [process.execPath, [BUNDLE]]
      : ['bash', ['-c', `ulimit -f ${fileSizeLimit}; exec "$0" "$1"`, process.execPath, BUNDLE]];
  const peakFile = join(folder, 'peak');
  const child = spawn(command, arguments_, {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      GITHUB_ACTIONS: 'true',
      GITHUB_REPOSITORY: 'octo/compliance',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_WORKFLOW: 'Collect activity',
      GITHUB_RUN_ID: '7654321',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_OUTPUT: outputFile,
      GITHUB_STEP_SUMMARY: summaryFile,
      ...(measurePeak ? { NODE_OPTIONS: PEAK, PEAK_FILE: peakFile } : {}),
      ...Object.fromEntries(inputs),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      options.onLine?.(text);
    });
  }
  options.onStart?.((signal) => child.kill(signal));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (code, signal) => resolve([code, signal])),
  );
  const milliseconds = performance.now() - started;
  const outputs = parseOutputs(readFileSync(outputFile, 'utf8'));
  const summary = readFileSync(summaryFile, 'utf8');
  const peakKb = measurePeak ? Number(readFileSync(peakFile, 'utf8')) : 0;
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
