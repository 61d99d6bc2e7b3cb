import type { CheckpointWriter } from '../checkpoint/writer.ts';
import type { ReplayFile } from '../destination/replay-file.ts';
import { type Collected, nothingCollected } from '../report/run-record.ts';
import type { Redact } from '../rows/redaction.ts';
import type { ReadyRow } from '../rows/rows.ts';
import type { RowSource } from './row-source.ts';

export interface ReplayOptions {
  readonly checkpoint: CheckpointWriter;
  readonly redact: Redact | undefined;
  /** Aborted where no more rows are to be taken. */
  readonly signal: AbortSignal;
}

/** Rows that were rejected before, as a source. */
export function replayed(file: ReplayFile, options: ReplayOptions): RowSource {
  const collected = nothingCollected();
  collected.isReplay = true;
  return { rows: rowsOf(file, collected, options), collected };
}

async function* rowsOf(
  file: ReplayFile,
  collected: Collected,
  { checkpoint, redact, signal }: ReplayOptions,
): AsyncGenerator<Iterable<ReadyRow>, void> {
  const { counts } = collected;
  for await (const row of file.rows(counts.truncations, redact)) {
    signal.throwIfAborted();
    counts.collected += 1;
    checkpoint.added(row.key);
    yield [row];
  }
  counts.collected += file.repeated;
  counts.skipped += file.repeated;
  collected.isWhole = file.unreadable === 0 && !file.isDamaged;
  if (file.unreadable > 0) {
    const text = `${file.unreadable} lines of the replay file hold no row; they stay in it.`;
    collected.notices.push({ code: 'replay', text });
  }
}
