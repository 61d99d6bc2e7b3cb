import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cannotKeepUp, lengthOf, REQUESTS_AN_HOUR, remainingOf } from '../../../src/report/budget.ts';
import { HOUR, MINUTE } from '../../../src/time/clock.ts';

describe('what is left of a run that ended early', () => {
  it.each([
    ['nothing', 10, 10, 20, { hours: 0, requests: 0, ms: 0 }],
    ['one request an hour', 672, 200, 200, { hours: 472, requests: 472, ms: 2.36 * HOUR }],
    ['as many requests an hour as so far', 30, 10, 25, { hours: 20, requests: 50, ms: 0.25 * HOUR }],
    ['one request an hour at least', 30, 10, 5, { hours: 20, requests: 20, ms: 0.1 * HOUR }],
    ['all of it, where nothing was collected yet', 672, 0, 1, { hours: 672, requests: 672, ms: 3.36 * HOUR }],
    ['never less than nothing', 5, 7, 9, { hours: 0, requests: 0, ms: 0 }],
  ])('%s', (_title, planned, done, requests, expected) => {
    const left = remainingOf(planned, done, requests);
    expect(left).toMatchObject({ hours: expected.hours, requests: expected.requests });
    expect(left.ms).toBeCloseTo(expected.ms, 3);
  });

  it('is whole requests, one an hour at least, and takes the time that the documented budget allows', () => {
    const counts = fc.nat(2000);
    fc.assert(
      fc.property(counts, counts, counts, (planned, done, requests) => {
        const left = remainingOf(planned, done, requests);
        expect(left.hours).toBe(Math.max(planned - done, 0));
        expect(Number.isInteger(left.requests)).toBe(true);
        expect(left.requests).toBeGreaterThanOrEqual(left.hours);
        expect(left.ms).toBeCloseTo((left.requests * HOUR) / 200, 3);
      }),
    );
  });
});

describe('a schedule', () => {
  it.each([
    ['an hourly run of 26 requests', 26, HOUR, false],
    ['an hourly run of exactly the budget', REQUESTS_AN_HOUR, HOUR, false],
    ['an hourly run over the budget', REQUESTS_AN_HOUR + 1, HOUR, true],
    ['a daily run of 600 requests', 600, 24 * HOUR, false],
    ['a daily run of 4,801 requests', 4801, 24 * HOUR, true],
    ['a run five minutes after another, within an hour of budget', 150, 5 * MINUTE, false],
    ['a first run, however large', 100_000, undefined, false],
    ['a clock that went back', 1000, -HOUR, false],
  ])('%s', (_title, requests, interval, expected) => {
    expect(cannotKeepUp(requests, interval)).toBe(expected);
  });
});

describe('a length of time', () => {
  it.each([
    [1, 'a minute'],
    [MINUTE, 'a minute'],
    [MINUTE + 1, '2 minutes'],
    [18 * MINUTE, '18 minutes'],
    [99 * MINUTE, '99 minutes'],
    [100 * MINUTE, '1.7 hours'],
    [3.36 * HOUR, '3.4 hours'],
  ])('%d ms is told as %s', (ms, told) => {
    expect(lengthOf(ms)).toBe(told);
  });
});
