import type { EntraCredential } from '../auth/credential.ts';
import type { Track } from '../checkpoint/writer.ts';
import type { Host } from '../host.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Live } from '../report/progress-log.ts';
import type { Tally } from '../report/run-record.ts';
import type { ServiceTime } from '../time/service-time.ts';
import type { Stop } from './run-limits.ts';

/** What the stages of one run share. */
export interface Job {
  readonly inputs: Inputs;
  readonly host: Host;
  readonly tally: Tally;
  readonly live: Live;
  readonly stop: Stop;
  readonly track: Track;
  readonly credential: EntraCredential;
  readonly userAgent: string;
  readonly time: ServiceTime;
}
