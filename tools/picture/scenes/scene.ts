import type { HostDialect } from '../../../src/host.ts';
import type { RunRecord } from '../../../src/report/run-record.ts';

/** A run whose summary is worth a picture. */
export interface Scene {
  /** Of its pictures. */
  readonly name: string;
  readonly title: string;
  /** When it is seen, in one sentence. */
  readonly when: string;
  /** How long the run took, in ms. */
  readonly took: number;
  /** @param dialect of the host, undefined at GitHub */
  readonly record: (dialect: HostDialect | undefined) => RunRecord;
}
