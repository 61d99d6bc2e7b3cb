import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeHourProof,
  deliveredRow,
  encodeHourProof,
  expectAgain,
  type HourProof,
  isMissing,
  newHourProof,
  noteAbsence,
  pendingRows,
  prove,
  takeBack,
} from '../../../src/checkpoint/hour-proof.ts';
import { decodeHour, encodeHour, newHour } from '../../../src/checkpoint/hour-state.ts';
import { deliveredRecord, resentRecord } from '../../../src/checkpoint/records.ts';
import { KeySet } from '../../../src/rows/key-set.ts';
import { HOUR } from '../../../src/time/clock.ts';
import { inFolder, key, open } from '../../support/checkpoint.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const setOf = (...lows: number[]) => {
  const keys = new KeySet();
  for (const low of lows) keys.add(7, low);
  return keys;
};
const lowsOf = ({ unproven }: HourProof) =>
  unproven.map(({ sends, keys }) => [sends, [...keys.keys()].map(([, low]) => low).sort((a, b) => a - b)]);

/** What can happen to an hour's rows, with small numbers for keys. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('sent' as const), low: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('seen' as const), from: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('absent' as const), hours: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ kind: fc.constant('again' as const), low: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant('back' as const), low: fc.integer({ min: 1, max: 30 }) }),
);

function played(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): HourProof {
  const proof = newHourProof();
  let now = NOW;
  for (const one of steps) {
    if (one.kind === 'sent') deliveredRow(proof, 7, one.low, `request-${one.low % 3}`);
    else if (one.kind === 'seen') prove(proof, (_high, low) => low >= one.from);
    else if (one.kind === 'absent') {
      now += one.hours * HOUR;
      for (const group of proof.unproven) group.isCounted = false;
      noteAbsence(proof, now, true);
    } else if (one.kind === 'again') expectAgain(proof, setOf(one.low));
    else takeBack(proof, setOf(one.low));
  }
  return proof;
}

describe('what is known of an hour in the table', () => {
  it('is the same when it was written and read', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const proof = played(steps);
        const read = decodeHourProof(encodeHourProof(proof));
        expect(lowsOf(read)).toEqual(lowsOf(proof));
        const told = ({ proven, givenUp, unproven }: HourProof) => ({
          proven,
          givenUp,
          groups: unproven.map(({ acknowledgedAt, absences, requestIds, operations }) => ({
            acknowledgedAt,
            absences,
            requestIds,
            operations,
          })),
        });
        expect(told(read)).toEqual(told(proof));
      }),
    );
  });

  it('takes no byte where nothing is known, as in files of version 1.0', () => {
    expect(encodeHourProof(newHourProof()).length).toBe(0);
    const state = newHour(NOW);
    state.ids.add(1, 2);
    const payload = encodeHour(state);
    expect(decodeHour(payload).proof).toEqual(newHourProof());
  });

  it('takes tens of bytes for thousands of rows that are proved', () => {
    const proof = newHourProof();
    for (let low = 1; low <= 9601; low += 1) deliveredRow(proof, 7, low, 'request');
    prove(proof, () => true);
    expect(proof.proven).toBe(9601);
    expect(encodeHourProof(proof).length).toBeLessThan(40);
  });
});

describe('rows', () => {
  it('are missing six hours after the first look at them, when two runs did not see them', () => {
    const proof = newHourProof();
    deliveredRow(proof, 7, 1, 'request');
    const [group] = proof.unproven;
    if (group === undefined) throw new Error('no rows');
    noteAbsence(proof, NOW, true);
    // The same run counts once, however often it looks.
    noteAbsence(proof, NOW + 7 * HOUR, true);
    expect([group.absences, isMissing(group, NOW + 7 * HOUR)]).toEqual([1, false]);
    group.isCounted = false;
    noteAbsence(proof, NOW + 5 * HOUR, true);
    expect([group.absences, isMissing(group, NOW + 5 * HOUR), isMissing(group, NOW + 6 * HOUR)]).toEqual([
      2,
      false,
      true,
    ]);
  });

  it('that nobody could have seen are not absent', () => {
    const proof = newHourProof();
    deliveredRow(proof, 7, 1, 'request');
    noteAbsence(proof, NOW, false);
    expect(proof.unproven[0]).toMatchObject({ absences: 0, acknowledgedAt: NOW });
  });

  it('that are sent again begin anew, and a third time is not counted', () => {
    const proof = newHourProof();
    for (const low of [1, 2, 3]) deliveredRow(proof, 7, low, 'request');
    noteAbsence(proof, NOW, true);
    expectAgain(proof, setOf(2, 3));
    expect(lowsOf(proof)).toEqual([
      [1, [1]],
      [2, [2, 3]],
    ]);
    expect(proof.unproven[1]).toMatchObject({ acknowledgedAt: undefined, absences: 0 });
    expect(prove(proof, (_high, low) => low === 3)).toEqual({ seen: 1, seenAgain: 1 });
    expect([proof.proven, pendingRows(proof)]).toEqual([1, 2]);
  });

  it('whose second sending was cut off by a kill count as sent once, and are young again', () => {
    inFolder((folder) => {
      const hour = Math.floor(NOW / HOUR) * HOUR;
      const { state } = open(join(folder, 'state'), NOW);
      state.begin({ since: hour, at: NOW, table: 'a table' });
      const keys = [1, 2].map((number) => key(hour, number));
      state.note(deliveredRecord(keys, 'request'));
      const { proof } = state.checkpoint.hour(hour);
      for (let run = 0; run < 2; run += 1) {
        for (const group of proof.unproven) group.isCounted = false;
        noteAbsence(proof, NOW, true);
      }
      state.note(resentRecord(keys));
      // As a killed process leaves it: nothing is closed.
      copyFileSync(join(folder, 'state'), join(folder, 'killed'));
      const killed = open(join(folder, 'killed'), NOW).state;
      const [group, ...others] = killed.checkpoint.hour(hour).proof.unproven;
      expect(others).toEqual([]);
      expect(group).toMatchObject({ sends: 1, acknowledgedAt: undefined, absences: 0 });
      expect(group?.keys.size).toBe(2);
      killed.close(NOW);
      state.close(NOW);
    });
  });
});
