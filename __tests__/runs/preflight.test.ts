/** A dry run tells what is in place and what is not, in the order in which a run needs it. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { ACTIVITY_STREAM } from '../../emulator/tenant/activity-stream.ts';
import { written } from '../support/hosts.ts';
import type { WholeRun } from '../support/invariants.ts';
import { asking, closeTenants, startTenant, wholeHours, wholeRun } from '../support/whole-run.ts';

afterAll(closeTenants);

const DRY = { ...asking(wholeHours(3)), 'dry-run': 'true' };
const SIGNED_IN = ['Sign-in', '✅ a token for Azure Monitor'];
const RULE = ['Data collection rule', '✅ takes uploads to this stream'];
const NO_TABLE = ['Table', `not asked: \`${written('workspace-id')}\` is not given`];
const NOT_TRIED = 'not tried: the run ended before';

/** What and result of each line of the table under "Checks". */
function checksOf({ summary }: WholeRun): string[][] {
  const [, after = ''] = summary.split('### Checks\n\n');
  const [, , ...lines] = after.split('\n\n')[0]?.split('\n') ?? [];
  return lines.map((line) => line.slice(2, -2).split(' | '));
}

describe('the checks of a dry run', () => {
  it.concurrent('are all good where a run would be', async () => {
    const run = await wholeRun(await startTenant(), { inputs: DRY });
    expect(checksOf(run)).toEqual([SIGNED_IN, RULE, ['Activity log', '✅ answers'], NO_TABLE]);
    expect(run.summary).toContain('whether the columns of the stream match');
  });

  it.concurrent('stand in no other run', async () => {
    const run = await wholeRun(await startTenant(), { inputs: asking(wholeHours(3)) });
    expect(run.summary).not.toContain('### Checks');
  });

  it.concurrent('tell that the app is kept out of the activity log', async () => {
    const emulator = await startTenant();
    emulator.configure.powerBiAllowed = false;
    const refused = await wholeRun(emulator, { inputs: { ...DRY, fallback: 'false' } });
    expect(checksOf(refused)).toEqual([
      SIGNED_IN,
      RULE,
      ['Activity log', '❌ Activity log refused'],
      NO_TABLE,
    ]);
    const standIn = await wholeRun(emulator, { inputs: DRY });
    expect(checksOf(standIn)[2]).toEqual(['Activity log', '⚠️ refused; workspace records stand in']);
  });

  it.concurrent('tell that the app has no role on the rule', async () => {
    const emulator = await startTenant();
    emulator.configure.roleGranted = false;
    expect(checksOf(await wholeRun(emulator, { inputs: DRY }))).toEqual([
      SIGNED_IN,
      ['Data collection rule', '❌ Destination refused: no permission on the data collection rule'],
      ['Activity log', NOT_TRIED],
      NO_TABLE,
    ]);
  });

  it.concurrent('tell that nobody is signed in', async () => {
    const emulator = await startTenant();
    emulator.configure.clientIds = [];
    expect(checksOf(await wholeRun(emulator, { inputs: DRY }))).toEqual([
      ['Sign-in', '❌ App not found in the tenant'],
      ['Data collection rule', NOT_TRIED],
      ['Activity log', NOT_TRIED],
      NO_TABLE,
    ]);
  });

  it.concurrent('tell whether the table can be read', async () => {
    const emulator = await startTenant({ stream: ACTIVITY_STREAM });
    const inputs = { ...DRY, ...emulator.proofInputs };
    expect(checksOf(await wholeRun(emulator, { inputs }))[3]).toEqual(['Table', '✅ can be read']);
    emulator.configure.logAnalytics.readAccess = 'no-role';
    expect(checksOf(await wholeRun(emulator, { inputs }))).toEqual([
      SIGNED_IN,
      RULE,
      ['Activity log', NOT_TRIED],
      ['Table', '❌ Table not readable: no permission on the workspace'],
    ]);
  });
});
