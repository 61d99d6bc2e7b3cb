import type { Emulator } from '../emulator/server.ts';
import type { Host } from '../src/host.ts';
import { run } from '../src/pipeline/run.ts';
import type { Clock } from '../src/time/clock.ts';

/** What a run said of itself. */
export interface Said {
  readonly ok: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

/** Runs the action within this process, by a clock that is given. */
export async function runStep(
  emulator: Emulator,
  clock: Clock,
  inputs: Readonly<Record<string, string>>,
  cancelled: AbortSignal,
): Promise<Said> {
  const outputs: Record<string, string> = {};
  const warnings: string[] = [];
  const errors: string[] = [];
  const all: Record<string, string> = { ...emulator.inputs, ...inputs };
  const nothing = () => undefined;
  const host: Host = {
    getInput: (name) => all[name] ?? '',
    idTokenRequest: {
      url: emulator.env.ACTIONS_ID_TOKEN_REQUEST_URL,
      token: emulator.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
    },
    clock,
    log: {
      info: nothing,
      warning: (line, title) => warnings.push(`${title}: ${line}`),
      error: (line) => errors.push(line),
      startGroup: nothing,
      endGroup: nothing,
    },
    mask: nothing,
    setOutput: (name, value) => {
      outputs[name] = value;
    },
    writeSummary: async () => undefined,
    context: { repository: '', workflow: '', event: 'schedule', runId: 0, runAttempt: 1, runUrl: '' },
    cancelled,
    proxyFaults: [],
  };
  const ok = (await run(host)).conclusions.faults.size === 0;
  return { ok, outputs, warnings, errors };
}
