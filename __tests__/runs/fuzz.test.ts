/** Weeks of runs with everything that goes wrong, and the audit that finds a loss where there is one. */
import { rmSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { playWeeks } from '../../fuzz/weeks.ts';

describe('weeks of runs', () => {
  it.each([2, 3, 12])('lose nothing and send nothing twice, seed %i', async (seed) => {
    const weeks = await playWeeks({ seed, days: 3 });
    expect(weeks.findings).toEqual([]);
    expect(weeks.events).toBeGreaterThan(60);
    expect(weeks.repeats).toBeLessThanOrEqual(weeks.allowed);
  });
});

describe('the audit', () => {
  it('finds a batch that was acknowledged and is not there', async () => {
    const { findings } = await playWeeks({
      seed: 5,
      days: 2,
      plant: (emulator, _files, run) => {
        if (run < 3)
          emulator.fault({
            service: 'ingestion',
            match: ({ body }) => body.length > 20,
            status: 204,
            times: 20,
          });
      },
    });
    expect(findings.join('\n')).toMatch(/events missing|events are lost/);
  });

  it('finds rows that were sent twice because the progress was gone', async () => {
    const { findings } = await playWeeks({
      seed: 5,
      days: 2,
      plant: (_emulator, files, run) => {
        if (run % 4 === 3) rmSync(files.state, { force: true });
      },
    });
    expect(findings.join('\n')).toMatch(/repeats, and at most/);
  });
});
