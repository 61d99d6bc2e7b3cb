import type { IdTokenRequest } from './auth/oidc.ts';
import type { Clock } from './time/clock.ts';

/** What a run needs of the world around it; index.ts takes it from the runner, tests from themselves. */
export interface Host {
  /** An input's raw value, '' where it is not given. */
  readonly getInput: (name: string) => string;
  readonly idTokenRequest: IdTokenRequest;
  readonly clock: Clock;
  readonly log: {
    readonly info: (line: string) => void;
    readonly warning: (line: string, title: string) => void;
    readonly error: (line: string, title: string) => void;
    readonly startGroup: (name: string) => void;
    readonly endGroup: () => void;
  };
  /** Keeps a secret out of the log from now on. */
  readonly mask: (secret: string) => void;
  readonly setOutput: (name: string, value: string) => void;
  readonly writeSummary: (markdown: string) => Promise<void>;
  readonly context: RunContext;
  /** "NAME: expected X, got Y", of the runner's proxy settings. */
  readonly proxyFaults: readonly string[];
  /** Aborted when the runner wants the step to end (SIGINT, SIGTERM). */
  readonly cancelled: AbortSignal;
}

/** Which workflow run this is. */
export interface RunContext {
  /** owner/name, '' outside GitHub. */
  readonly repository: string;
  readonly workflow: string;
  readonly runId: number;
  readonly runAttempt: number;
  /** The event that started the run, such as schedule. */
  readonly event: string;
  /** Address of the run's page, '' outside GitHub. */
  readonly runUrl: string;
}
