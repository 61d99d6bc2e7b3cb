import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { eventsOfHour } from '../../emulator/tenant/events.ts';
import { HOUR, NOW } from '../support/raw-requests.ts';

describe('synthetic events', () => {
  const events = eventsOfHour(NOW - (NOW % HOUR), 20_000, 7);

  it('are the same for the same arguments and others for another seed', () => {
    expect(JSON.stringify(eventsOfHour(NOW - (NOW % HOUR), 20_000, 7))).toBe(JSON.stringify(events));
    expect(eventsOfHour(NOW - (NOW % HOUR), 5, 8)[0]?.Id).not.toBe(events[0]?.Id);
  });

  it('look like those of a tenant', () => {
    const text = JSON.stringify(events);
    const bytes = Buffer.byteLength(text) / events.length;
    expect(bytes).toBeGreaterThan(900);
    expect(bytes).toBeLessThan(1300);
    expect(gzipSync(text).length / Buffer.byteLength(text)).toBeGreaterThan(0.1);
    expect(new Set(events.map(({ Id }) => Id)).size).toBe(events.length);
    expect(new Set(events.map(({ Operation }) => Operation)).size).toBeGreaterThanOrEqual(40);
    expect(
      events.every(({ Id }) =>
        /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/.test(Id ?? ''),
      ),
    ).toBe(true);
    expect(text).not.toContain('null');
    expect(text).toContain('BrandNewProperty');
    expect(/[ぁ-ヿ一-鿿]/.test(text)).toBe(true);
    const times = events.map(({ CreationTime }) => CreationTime ?? '');
    expect(times.every((time) => /^2026-11-20T12:\d\d:\d\dZ?$/.test(time))).toBe(true);
    expect(new Set(times.map((time) => time.endsWith('Z'))).size).toBe(2);
    expect([...times].sort()).not.toEqual(times);
  });
});
