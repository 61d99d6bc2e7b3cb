import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What one process cost. Milliseconds and MB. */
export interface Usage {
  readonly wall: number;
  readonly cpu: number;
  readonly rss: number;
  readonly output: Record<string, string>;
  readonly code: number | null;
}

const PRELOAD = fileURLToPath(new URL('usage.mjs', import.meta.url));

/** Runs a script as a process of its own, the way a runner does, and measures it from start to end. */
export async function measure(script: string, env: Record<string, string>): Promise<Usage> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const file = (name: string) => join(folder, name);
  for (const name of ['output', 'summary']) writeFileSync(file(name), '');
  const started = performance.now();
  const child = spawn(
    process.execPath,
    ['--experimental-vm-modules', '--no-warnings', '--import', PRELOAD, script],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH ?? '',
        BENCH_USAGE: file('usage'),
        GITHUB_OUTPUT: file('output'),
        GITHUB_STEP_SUMMARY: file('summary'),
        AGENT_TEMPDIRECTORY: folder,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const wall = performance.now() - started;
  const { cpu, rss } = JSON.parse(readFileSync(file('usage'), 'utf8')) as { cpu: number; rss: number };
  const text = readFileSync(file('output'), 'utf8');
  const output: Record<string, string> = {};
  for (const [, name = '', , value = ''] of text.matchAll(/^([\w-]+)<<(.+)\n([\s\S]*?)\n\2$/gm))
    output[name] = value;
  rmSync(folder, { recursive: true, force: true });
  if (code !== 0 && env.BENCH_SETTING !== undefined) throw new Error(`the measured run failed:\n${log}`);
  return { wall, cpu, rss, output, code };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Medians of several runs. */
export function medians(runs: readonly Usage[]): Pick<Usage, 'wall' | 'cpu' | 'rss'> {
  return {
    wall: median(runs.map(({ wall }) => wall)),
    cpu: median(runs.map(({ cpu }) => cpu)),
    rss: median(runs.map(({ rss }) => rss)),
  };
}
