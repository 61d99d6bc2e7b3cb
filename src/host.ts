import type { IdTokenRequest } from './auth/oidc.ts';
import type { FaultCode } from './errors.ts';
import type { HostInputs } from './inputs/connection.ts';
import type { Clock } from './time/clock.ts';

/** What a run needs of the world around it; a host's entry takes it from the runner or agent, tests from themselves. */
export interface Host {
  /** An input's raw value by the name that the Action gives it, '' where it is not given. */
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
  /** What the host does otherwise than GitHub; undefined at GitHub. */
  readonly dialect?: HostDialect;
}

/** How another host writes and says what a run has to say. */
export interface HostDialect {
  readonly inputs: HostInputs;
  /** What it says for "runner", "workflow" and "action". */
  readonly words: Readonly<Record<'runner' | 'workflow' | 'action', string>>;
  /** What to do about a fault, where that is something else than at GitHub. */
  readonly remedies: Readonly<Partial<Record<FaultCode, string>>>;
}

/** Which workflow run this is. */
export interface RunContext {
  /** owner/name, or as the host has it; '' where it has none. */
  readonly repository: string;
  readonly workflow: string;
  readonly runId: number;
  readonly runAttempt: number;
  /** The event that started the run, such as schedule. */
  readonly event: string;
  /** Address of the run's page, '' where there is none. */
  readonly runUrl: string;
  /** Address of the folder of documents that belongs to this version, where it is known. */
  readonly docsUrl?: string;
}
