import type { CheckpointWriter } from '../checkpoint/writer.ts';
import type { ReplayFile } from '../destination/replay-file.ts';
import { type Collected, nothingCollected } from '../report/run-record.ts';
import type { ReadyRow } from '../rows/rows.ts';
import type { RowSource } from './row-source.ts';

/** Rows that were rejected before, as a source. @param signal aborted where no more are to be taken */
export function replayed(file: ReplayFile, checkpoint: CheckpointWriter, signal: AbortSignal): RowSource {
  const collected = nothingCollected();
  collected.isReplay = true;
  return { rows: rowsOf(file, collected, checkpoint, signal), collected };
}

async function* rowsOf(
  file: ReplayFile,
  collected: Collected,
  checkpoint: CheckpointWriter,
  signal: AbortSignal,
): AsyncGenerator<Iterable<ReadyRow>, void> {
  const { counts } = collected;
  for await (const row of file.rows(counts.truncations)) {
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
