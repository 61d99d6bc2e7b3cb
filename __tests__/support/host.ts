/** The world around a run inside the test's own process. */
import type { Host } from '../../src/host.ts';

/** Run id of the workflow, as it shows in request ids and the user agent. */
export const RUN_ID = 7_654_321;

/** What a run has told its host. */
export interface Told {
  readonly outputs: Record<string, string>;
  readonly errors: string[];
  readonly slept: number[];
  summary: string;
  good: boolean | undefined;
}

/** Runs the pipeline in this process, with a clock that jumps over every wait, and gives back what it told its host. */
export async function tellAll(
  run: (host: Host) => Promise<boolean>,
  given: Readonly<Record<string, string>>,
): Promise<Told> {
  const heard: Told = { outputs: {}, errors: [], slept: [], summary: '', good: undefined };
  let ahead = 0;
  const host: Host = {
    getInput: (name) => given[name] ?? '',
    idTokenRequest: {
      url: 'https://pipelines.actions.githubusercontent.com/oidc?api-version=2.0',
      token: 'synthetic-request-token',
    },
    clock: {
      now: () => Date.now() + ahead,
      sleep: async (ms) => {
        heard.slept.push(ms);
        ahead += ms;
      },
    },
    log: {
      info: () => undefined,
      warning: () => undefined,
      error: (line) => heard.errors.push(line),
      startGroup: () => undefined,
      endGroup: () => undefined,
    },
    mask: () => undefined,
    setOutput: (name, value) => {
      heard.outputs[name] = value;
    },
    writeSummary: async (markdown) => {
      heard.summary = markdown;
    },
    context: {
      repository: 'octo/compliance',
      workflow: 'Collect activity',
      runId: RUN_ID,
      runAttempt: 1,
      event: 'schedule',
      runUrl: `https://github.com/octo/compliance/actions/runs/${RUN_ID}/attempts/1`,
    },
    cancelled: new AbortController().signal,
    proxyFaults: [],
  };
  heard.good = await run(host);
  return heard;
}
