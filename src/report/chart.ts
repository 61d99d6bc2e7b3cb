import { DAY, HOUR } from '../clock.ts';
import { hourOf, type Window } from '../window.ts';

/** Bars that are still told apart; longer windows are drawn by the day. */
const MOST_BARS = 48;

/**
 * Events by hour, or by day in long windows, as a mermaid chart that GitHub draws.
 * (https://mermaid.js.org/syntax/xyChart.html)
 * @returns '' where there is nothing to draw
 */
export function chart(
  hours: ReadonlyMap<number, number>,
  window: Window | undefined,
  now: number | undefined,
): string {
  if (window === undefined || now === undefined || hours.size === 0) return '';
  const byDay = window.end - window.start > MOST_BARS * HOUR;
  const step = byDay ? DAY : HOUR;
  const labels: string[] = [];
  const bars: number[] = [];
  const first = Math.floor(hourOf(window.start) / step) * step;
  const sums = new Map<number, number>();
  for (const [hour, events] of hours) {
    const slot = Math.floor(hour / step) * step;
    sums.set(slot, (sums.get(slot) ?? 0) + events);
  }
  for (let slot = first; slot < window.end; slot += step) {
    const text = new Date(slot).toISOString();
    labels.push(`"${byDay ? text.slice(5, 10) : text.slice(8, 13).replace('T', ' ')}"`);
    bars.push(sums.get(slot) ?? 0);
  }
  const top = Math.max(...bars, 1);
  return [
    '```mermaid',
    'xychart-beta',
    `  title "New events by ${byDay ? 'day' : 'hour'} (UTC)"`,
    `  x-axis [${labels.join(', ')}]`,
    `  y-axis "events" 0 --> ${top}`,
    `  bar [${bars.join(', ')}]`,
    '```',
  ].join('\n');
}
