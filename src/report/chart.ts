import { DAY, HOUR } from '../time/clock.ts';
import type { Window } from '../time/window.ts';

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
  const bars: number[] = [];
  const times: string[] = [];
  const sums = new Map<number, number>();
  for (const [hour, events] of hours) {
    const slot = Math.floor(hour / step) * step;
    sums.set(slot, (sums.get(slot) ?? 0) + events);
  }
  const first = Math.floor(window.start / step) * step;
  for (let slot = first; slot < window.end; slot += step) {
    const text = new Date(slot).toISOString();
    times.push(byDay ? text.slice(5, 10) : text.slice(11, 16));
    bars.push(sums.get(slot) ?? 0);
  }
  return [
    '```mermaid',
    SETTINGS,
    'xychart-beta',
    `  title "New events by ${byDay ? 'day' : 'hour'} (UTC)"`,
    `  x-axis [${labels(times).join(', ')}]`,
    `  y-axis "events" 0 --> ${Math.max(...bars, 1)}`,
    `  bar [${bars.join(', ')}]`,
    '```',
  ].join('\n');
}

/** Wide and low, in a colour that stands out from a light page and a dark one. */
const SETTINGS =
  '%%{init: {"xyChart": {"width": 1000, "height": 300}, "themeVariables": {"xyChart": {"plotColorPalette": "#4184e4", "backgroundColor": "transparent"}}}}%%';

/** Labels that fit beside each other. */
const MOST_LABELS = 13;
const ZERO_WIDTH_SPACE = '\u200b';

/**
 * Some of the times, evenly spread. Mermaid draws every label, and bars with equal labels over each other: those left
 * out are invisible, each of a length of its own.
 */
function labels(times: readonly string[]): string[] {
  const each = Math.ceil(times.length / MOST_LABELS);
  return times.map((time, at) => `"${at % each === 0 ? time : ''}${ZERO_WIDTH_SPACE.repeat(at + 1)}"`);
}
