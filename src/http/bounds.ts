import type { PipelineRequest } from '@azure/core-rest-pipeline';

/** How large an answer may be, inflated, and how long it may take from the request to its last byte. */
export interface Bounds {
  readonly bytes: number;
  readonly ms: number;
}

const MB = 2 ** 20;
const MINUTE = 60_000;

/**
 * By kind of answer, far above what the services send: an answer without end, or one that inflates to gigabytes, must
 * neither end the process nor hold the run to its deadline.
 */
export const BOUNDS = {
  /** Sign-in, ID tokens, secrets: some kilobytes. */
  token: { bytes: MB, ms: MINUTE },
  /** Activity events: 5,000 to 10,000 of them, some 15 MB. */
  page: { bytes: 256 * MB, ms: 10 * MINUTE },
  /** Workspaces, issues. */
  list: { bytes: 16 * MB, ms: 2 * MINUTE },
  /** Rows of the table: the service ends an answer at some 100 MB. */
  query: { bytes: 128 * MB, ms: 10 * MINUTE },
  /** An upload is acknowledged without a body; its answer counts from the first byte of its status. */
  upload: { bytes: MB, ms: 10 * MINUTE },
} as const satisfies Record<string, Bounds>;

export type AnswerKind = keyof typeof BOUNDS;

/** What is read of an answer other than 200: its code stands at the beginning. The rest is let go. */
export const REFUSAL: Bounds = { bytes: 65_536, ms: 10_000 };

const bounds = new WeakMap<PipelineRequest, Bounds>();

export function bind(request: PipelineRequest, to: Bounds): void {
  bounds.set(request, to);
}

export function boundsOf(request: PipelineRequest): Bounds {
  return bounds.get(request) ?? BOUNDS.list;
}

/** Thrown for an answer that is too large: another attempt would meet the same. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';

  constructor(bytes: number) {
    super(`an answer of more than ${bytes / MB} MB`);
  }
}
