import type { EntraCredential } from './auth/credential.ts';
import type { Host } from './host.ts';
import type { Inputs } from './inputs.ts';
import type { Track } from './progress/track.ts';
import type { Live } from './report/live.ts';
import type { Tally } from './report/tally.ts';
import type { ServiceTime } from './service-time.ts';
import type { Stop } from './stop.ts';

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
