/** What events weigh as rows, measured on synthetic ones: node infra/generate/event-weight.ts [events]. For docs/setup.md. */
import { gzipSync } from 'node:zlib';
import { eventsOfHour, HOUR_MS } from '../../emulator/tenant/events.ts';
import { mapEvent, type Row } from '../../src/rows/map.ts';

/** Bytes that one event comes to, on average. */
export interface Weight {
  readonly events: number;
  /** The row as it is sent, names of columns included. */
  readonly json: number;
  /** The values alone, as text. */
  readonly values: number;
  /** On the wire, in gzipped requests of about a megabyte. */
  readonly wire: number;
}

const FIRST_HOUR_MS = Date.parse('2026-11-01T00:00:00Z');
const SEED = 7;
const REQUEST_BYTES = 1_000_000;

export function weigh(wanted: number): Weight {
  const perHour = Math.ceil(wanted / 24);
  let events = 0;
  let json = 0;
  let values = 0;
  let wire = 0;
  let batch: string[] = [];
  let batchBytes = 0;
  const send = () => {
    wire += gzipSync(`[${batch.join(',')}]`).length;
    batch = [];
    batchBytes = 0;
  };
  for (let hour = 0; hour < 24; hour += 1) {
    for (const event of eventsOfHour(FIRST_HOUR_MS + hour * HOUR_MS, perHour, SEED)) {
      const row = mapEvent(event, undefined, 'power-bi', FIRST_HOUR_MS);
      const text = JSON.stringify(row);
      const bytes = Buffer.byteLength(text);
      if (batchBytes + bytes > REQUEST_BYTES) send();
      batch.push(text);
      batchBytes += bytes + 1;
      events += 1;
      json += bytes;
      values += valueBytes(row);
    }
  }
  send();
  return { events, json: json / events, values: values / events, wire: wire / events };
}

function valueBytes(row: Row): number {
  return Object.values(row).reduce<number>(
    (sum, value) => sum + Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value)),
    0,
  );
}

if (import.meta.main) console.log(weigh(Number(process.argv[2] ?? 100_000)));
