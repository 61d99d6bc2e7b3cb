/** Neither the file nor the memory behind it grows with the hours that are done. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Checkpoint } from '../../src/checkpoint/checkpoint.ts';
import { Deduplicator } from '../../src/rows/deduplicator.ts';
import { OpenHours } from '../../src/sources/open-hours.ts';
import { HOUR, MINUTE } from '../../src/time/clock.ts';
import { bytesOf, inFolder, key, open, readBack, stateOf } from '../support/checkpoint.ts';
import {
  between,
  closeAll,
  eventsFrom,
  expectOnce,
  hourBack,
  number,
  openFolder,
  openTenant,
  step,
} from '../support/steps.ts';

afterAll(closeAll);

const NOW = Date.parse('2026-11-20T12:34:00Z');
const SEVEN = Date.parse('2026-11-19T07:00:00Z');

const keysOf = (hour: number, from: number, count: number) =>
  Array.from({ length: count }, (_, at) => key(hour, from + at));
const idsIn = (checkpoint: Checkpoint) =>
  [...checkpoint.hours.values()].reduce((sum, { ids }) => sum + ids.size, 0);

describe('the events of a settled hour', () => {
  it('are known until the hour is done with, and count as settled from then on', () =>
    inFolder((folder) => {
      const { state } = open(join(folder, 'state'), NOW);
      const { checkpoint } = state;
      state.acknowledged([key(SEVEN, 1), key(SEVEN, 2, true), key(SEVEN + HOUR, 1)]);
      for (const hour of [SEVEN, SEVEN + HOUR]) {
        state.final({ start: hour, end: hour + (hour === SEVEN ? HOUR : 30 * MINUTE) });
      }
      const seen = new Deduplicator(checkpoint);
      expect(seen.admit(key(SEVEN, 1))).toBe(false);
      // Listed under another hour, and never sent.
      expect(seen.admit(key(SEVEN, 3))).toBe(true);
      checkpoint.close((hour) => hour > SEVEN);
      seen.forget((hour) => hour > SEVEN);
      expect(seen.admit(key(SEVEN, 3))).toBe(false);
      expect(seen.admit(key(SEVEN, 4))).toBe(true);
      checkpoint.close(() => true);
      seen.forget(() => true);
      for (const number of [1, 2, 3, 4, 5]) {
        expect(seen.admit(key(SEVEN, number))).toBe(false);
        expect(seen.admit(key(SEVEN, number, true))).toBe(false);
      }
      // One that is not settled is not closed.
      expect(seen.admit(key(SEVEN + HOUR, 1))).toBe(false);
      expect(seen.admit(key(SEVEN + HOUR, 2))).toBe(true);
      expect(idsIn(checkpoint)).toBe(1);
      expect(checkpoint.hours.get(SEVEN)?.count).toBe(2);
      state.close(NOW);
    }));

  it('are not in memory after a file is read that a killed run left', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const { state } = open(path, NOW);
      for (let hour = 0; hour < 10; hour += 1) {
        const start = SEVEN - hour * HOUR;
        state.acknowledged(keysOf(start, 0, 100));
        state.acknowledged([key(start, 0, true)]);
        if (hour < 9) state.final({ start, end: start + HOUR });
        // Late ones, of an hour that is settled meanwhile.
        state.acknowledged(keysOf(start, 100, 5));
      }
      const left = join(folder, 'left');
      copyFileSync(path, left);
      state.close(NOW);
      for (const file of [left, path]) {
        const { checkpoint } = open(file, NOW, { readOnly: true }).state;
        expect(idsIn(checkpoint)).toBe(105);
        expect([...checkpoint.hours.values()].filter(({ contents }) => contents.size > 0)).toHaveLength(1);
        expect(checkpoint.has(key(SEVEN, 999))).toBe(true);
        expect(checkpoint.has(key(SEVEN - 9 * HOUR, 999))).toBe(false);
      }
    }));
});

describe('the hours still to be collected', () => {
  const part = (hour: number, hours = 1) => ({ start: hour, end: hour + hours * HOUR });

  it('keep those within six hours of them, on both sides', () => {
    const hours = new OpenHours([part(SEVEN), part(SEVEN + 20 * HOUR, 3)]);
    const kept = Array.from({ length: 40 }, (_, at) => at - 10).filter(
      (at) => !hours.isDone(SEVEN + at * HOUR),
    );
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
    expect(kept).toEqual([...range(-6, 6), ...range(14, 28)]);
    hours.leave(part(SEVEN + 20 * HOUR, 3));
    expect(hours.isDone(SEVEN + 20 * HOUR)).toBe(true);
    expect(hours.isDone(SEVEN + 6 * HOUR)).toBe(false);
    hours.leave({ start: SEVEN + 10 * MINUTE, end: SEVEN + HOUR });
    expect(hours.isDone(SEVEN)).toBe(true);
  });
});

describe('the file while a run goes on', () => {
  it('is rewritten whenever much was appended, and holds the whole state at any moment', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const { state } = open(path, NOW, { compactAfter: 4096 });
      let longest = 0;
      let rewritten = 0;
      for (let hour = 0; hour < 60; hour += 1) {
        const start = SEVEN - hour * HOUR;
        for (let part = 0; part < 6; part += 1) {
          const before = statSync(path).size;
          state.acknowledged(keysOf(start, part * 10, 10));
          if (part === 5 && hour > 2) state.final({ start, end: start + HOUR });
          const { size } = statSync(path);
          longest = Math.max(longest, size);
          if (size < before) rewritten += 1;
          if (part !== 5) continue;
          state.checkpoint.close(() => true);
          expect(readBack(path, NOW)).toEqual({ state: stateOf(state.checkpoint), told: [] });
        }
      }
      expect(rewritten).toBeGreaterThan(5);
      // A snapshot of 60 hours and what is not settled of them, and what may be appended to it.
      expect(longest).toBeLessThan(14_000);
      expect(readdirSync(folder)).toEqual(['state', 'state.lock']);
      expect(state.close(NOW)).toBeUndefined();
    }));

  it('only gets longer where it cannot be rewritten', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const { state } = open(path, NOW, { compactAfter: 4096 });
      // Nothing can be written under the name of the file to be.
      mkdirSync(join(`${path}.new`, 'x'), { recursive: true });
      for (let part = 0; part < 30; part += 1) state.acknowledged(keysOf(SEVEN, part * 100, 100));
      expect(readBack(path, NOW)).toEqual({ state: stateOf(state.checkpoint), told: [] });
      expect(statSync(path).size).toBeGreaterThan(24_000);
      expect(state.close(NOW)?.lacking).toBe(false);
      expect(idsIn(open(path, NOW, { readOnly: true }).state.checkpoint)).toBe(3000);
    }));

  it('is not rewritten, nor appended to, where another run has it by now', () =>
    inFolder((folder) => {
      const path = join(folder, 'state');
      const { state } = open(path, NOW, { compactAfter: 512 });
      state.acknowledged(keysOf(SEVEN, 0, 10));
      const before = bytesOf(path);
      writeFileSync(`${path}.lock`, '{"token":"another","host":"elsewhere","pid":1}');
      const locked = expect.objectContaining({ code: 'state-locked' });
      expect(() => state.acknowledged(keysOf(SEVEN, 10, 100))).toThrow(locked);
      expect(() => state.close(NOW)).toThrow(locked);
      expect(bytesOf(path).equals(before)).toBe(true);
      expect(existsSync(`${path}.new`)).toBe(false);
    }));
});

describe('a run over hours that settle while it goes on', () => {
  it('sends each event once, also those that the service lists under another hour, before or after their own', async () => {
    const start = hourBack(60);
    const emulator = await openTenant({ pageDelayMs: 20 });
    // So large that hours are sent, and settled, while others are collected.
    const large = { Note: 'x'.repeat(60_000) };
    for (let hour = 0; hour < 30; hour += 1) {
      const at = start + hour * HOUR;
      emulator.addEvents(eventsFrom(at, 20, large));
      // Filed some hours later than they happened, or earlier.
      if (hour < 25) emulator.addEvents(eventsFrom(at + 10 * MINUTE, 2), undefined, at + 5 * HOUR);
      if (hour >= 5) emulator.addEvents(eventsFrom(at + 20 * MINUTE, 2), undefined, at - 5 * HOUR);
    }
    const inputs = {
      ...between(start, start + 30 * HOUR),
      'state-file': join(openFolder(), 'state'),
      concurrency: '2',
    };
    const first = await step(emulator, inputs);
    expect([first.code, number(first, 'activities-ingested')]).toEqual([0, emulator.table.length]);
    expectOnce(emulator, start, start + 30 * HOUR);
    const second = await step(emulator, inputs);
    expect([second.code, number(second, 'activities-ingested')]).toEqual([0, 0]);
  });
});
