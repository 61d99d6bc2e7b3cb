import { DAY, HOUR } from '../time/clock.ts';
import type { Window } from '../time/window.ts';
import { grouped } from './markdown.ts';

/** Bars that are still told apart; longer windows are drawn by the day. */
const MOST_BARS = 48;

/** Events by hour, or by day in long windows. */
export interface Bars {
  readonly unit: 'hour' | 'day';
  readonly bars: readonly { readonly time: string; readonly events: number }[];
}

/** @returns '' where there is nothing to draw */
export function chart(
  hours: ReadonlyMap<number, number>,
  window: Window | undefined,
  now: number | undefined,
  draw: (bars: Bars) => string = mermaidChart,
): string {
  if (window === undefined || now === undefined || hours.size === 0) return '';
  return draw(barsOf(hours, window));
}

function barsOf(hours: ReadonlyMap<number, number>, window: Window): Bars {
  const unit = window.end - window.start > MOST_BARS * HOUR ? 'day' : 'hour';
  const step = unit === 'day' ? DAY : HOUR;
  const sums = new Map<number, number>();
  for (const [hour, events] of hours) {
    const slot = Math.floor(hour / step) * step;
    sums.set(slot, (sums.get(slot) ?? 0) + events);
  }
  const bars = [];
  const first = Math.floor(window.start / step) * step;
  for (let slot = first; slot < window.end; slot += step) {
    const text = new Date(slot).toISOString();
    const time = unit === 'day' ? text.slice(5, 10) : text.slice(11, 16);
    bars.push({ time, events: sums.get(slot) ?? 0 });
  }
  return { unit, bars };
}

/** A mermaid chart, which GitHub draws (https://mermaid.js.org/syntax/xyChart.html). */
export function mermaidChart({ unit, bars }: Bars): string {
  const events = bars.map((bar) => bar.events);
  return [
    '```mermaid',
    SETTINGS,
    'xychart-beta',
    `  title "New events by ${unit} (UTC)"`,
    `  x-axis [${labels(bars.map(({ time }) => time)).join(', ')}]`,
    `  y-axis "events" 0 --> ${Math.max(...events, 1)}`,
    `  bar [${events.join(', ')}]`,
    '```',
  ].join('\n');
}

/** A chart of text, for where nothing is drawn. */
export function textChart({ unit, bars }: Bars): string {
  const most = Math.max(...bars.map(({ events }) => events), 1);
  const width = grouped(most).length;
  const lines = bars.map(({ time, events }) => {
    const bar = '█'.repeat(Math.ceil((TEXT_BAR * events) / most));
    return `${time}  ${grouped(events).padStart(width)}  ${bar}`.trimEnd();
  });
  return [`### New events by ${unit} (UTC)`, ['```', ...lines, '```'].join('\n')].join('\n\n');
}

/** Characters of the longest bar. */
const TEXT_BAR = 50;

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
