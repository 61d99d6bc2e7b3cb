/** Events as the service may give them one day: what is sent of them keeps to the limits, and says so. */
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  allIngested,
  asking,
  closeTenants,
  expectEachOnce,
  startTenant,
  wholeHours,
  wholeRun,
} from '../support/whole-run.ts';

afterAll(closeTenants);

const RANGE = wholeHours(1);

describe('events of any shape', () => {
  const at = (second: number) => new Date(RANGE.start + second * 1000).toISOString();

  it.concurrent('are cut to the limits of the service, on character boundaries, and that is said', async () => {
    const emulator = await startTenant({ eventsPerHour: 0 });
    const fields = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [`Field${index}`, '\u0001"\\'.repeat(17_000)]),
    );
    emulator.addEvents([
      { Id: 'long', CreationTime: at(1), ItemName: '売上📉'.repeat(20_000), ObjectId: 'x'.repeat(65_536) },
      {
        Id: 'unknown',
        CreationTime: at(2),
        Unheard: { deep: ['ü', null, 1.5], flag: false },
        __proto__x: 1,
      },
      { Id: 'wide', CreationTime: at(3), ...fields },
      { Id: 'large', CreationTime: at(4), ...wideColumns() },
    ]);
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    expectEachOnce(emulator, RANGE);
    expect(run.outputs).toMatchObject(allIngested(4));
    const warning = run.warnings.find(({ title }) => title === 'Values cut')?.message;
    expect(warning).toMatch(/64 KiB.* in 3 row/);
    const rowOf = (id: string) => emulator.posted.find(({ ActivityId }) => ActivityId === id) ?? {};
    const { ItemName, ObjectId } = rowOf('long');
    expect(ObjectId).toBe('x'.repeat(65_536));
    expect(String(ItemName)).toMatch(/^(売上📉)+[売上]*…\[cut\]$/u);
    expect(Buffer.byteLength(String(ItemName))).toBeLessThanOrEqual(65_536);
    expect(rowOf('unknown').AdditionalFields).toEqual({
      Unheard: { deep: ['ü', null, 1.5], flag: false },
      __proto__x: 1,
    });
    expect(Buffer.byteLength(JSON.stringify(rowOf('wide').AdditionalFields))).toBeLessThanOrEqual(65_536);
    expect(Buffer.byteLength(JSON.stringify(rowOf('large')))).toBeLessThanOrEqual(999_998);
    for (const { bodyBytes } of emulator.requestsTo('ingestion'))
      expect(bodyBytes).toBeLessThanOrEqual(1_000_000);
  });

  it.concurrent('go to AdditionalFields where they do not fit the type of their column', async () => {
    const emulator = await startTenant({ eventsPerHour: 0 });
    const odd = { IsSuccess: 'perhaps', ClientIP: null, UserType: 6, ObjectId: { of: 'another kind' } };
    emulator.addEvents([{ Id: 'odd', CreationTime: at(5), ...odd }]);
    emulator.addEvents([{ Id: 'timeless', CreationTime: 'yesterday' }], undefined, RANGE.start);
    const before = Date.now();
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    expect(run.outputs).toMatchObject(allIngested(2));
    const rowOf = (id: string) => emulator.posted.find(({ ActivityId }) => ActivityId === id);
    expect(rowOf('odd')).toEqual({
      ActivityId: 'odd',
      TimeGenerated: at(5),
      CreationTime: at(5),
      UserType: '6',
      SourceApi: 'power-bi',
      AdditionalFields: { IsSuccess: 'perhaps', ObjectId: { of: 'another kind' } },
    });
    const timeless = rowOf('timeless');
    expect(timeless).toMatchObject({ AdditionalFields: { CreationTime: 'yesterday' } });
    expect(Date.parse(String(timeless?.TimeGenerated))).toBeGreaterThanOrEqual(before);
  });
});

/** Every text column full of characters that JSON writes six times as long: some 2 MB. */
function wideColumns(): Record<string, string> {
  const names = [
    'Operation',
    'Workload',
    'UserKey',
    'UserAgent',
    'ItemName',
    'AppName',
    'ObjectId',
    'DatasetName',
  ];
  return Object.fromEntries(names.map((name) => [name, '\u0001'.repeat(45_000)]));
}
