/** A step as a process of its own, for the stand-ins of runner and agent. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ProcessOptions {
  /** Called once the process runs, to send it signals. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
  readonly onLine?: (line: string) => void;
  /** No file can grow beyond so many kB, as on a disk that is nearly full (EFBIG in place of ENOSPC). POSIX only. */
  readonly fileSizeLimit?: number;
  readonly measurePeak?: boolean;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** stdout and stderr, as they came. */
  readonly log: string;
  readonly milliseconds: number;
  /** Largest resident memory of the process, where it was asked for. */
  readonly peakKb: number;
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

/** Runs a script in a folder, with nothing of this process's environment. */
export async function runProcess(
  script: string,
  folder: string,
  { fileSizeLimit, measurePeak = false, onStart, onLine }: ProcessOptions,
  env: Readonly<Record<string, string>>,
): Promise<Ended> {
  // bash counts in kB, and passes on variables such as INPUT_TENANT-ID, which other shells drop. Node ignores the signal.
  const [command, arguments_] =
    fileSizeLimit === undefined
      ? [process.execPath, [script]]
      : ['bash', ['-c', `ulimit -f ${fileSizeLimit}; exec "$0" "$1"`, process.execPath, script]];
  const peakFile = join(folder, 'peak');
  const started = performance.now();
  const child = spawn(command, arguments_, {
    cwd: folder,
    env: measurePeak ? { ...env, NODE_OPTIONS: PEAK, PEAK_FILE: peakFile } : env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      onLine?.(text);
    });
  }
  onStart?.((signal) => child.kill(signal));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (code, signal) => resolve([code, signal])),
  );
  const milliseconds = performance.now() - started;
  const peakKb = measurePeak ? Number(readFileSync(peakFile, 'utf8')) : 0;
  return { code, signal, log, milliseconds, peakKb };
}
