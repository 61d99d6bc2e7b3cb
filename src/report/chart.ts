import { DAY, HOUR } from '../time/clock.ts';
import { hourOf, type Window } from '../time/window.ts';
import { grouped } from './markdown.ts';

/** Bars that are still told apart; longer windows are drawn by the day. */
const MOST_BARS = 48;

/** Events of an hour or a day. */
export interface Bar {
  readonly time: string;
  /** Month and day of an hour, "11-20". */
  readonly day?: string;
  /** The day, of a midnight within the chart: the first and the last bar may be of the same time. */
  readonly date: string | undefined;
  readonly events: number;
  /** Not asked for in this run, or not reached: nothing is known of it. */
  readonly isUnknown: boolean;
  /** Asked for, and not collected whole. */
  readonly isMissing: boolean;
}

/** Events by hour, or by day in long windows. */
export interface Bars {
  readonly unit: 'hour' | 'day';
  readonly bars: readonly Bar[];
}

/** What is known of the hours of a window, by their first instants. */
export interface KnownHours {
  readonly whole: ReadonlySet<number>;
  readonly missing: ReadonlySet<number>;
}

/**
 * @param known without it, every hour of the window counts as collected
 * @returns '' where there is nothing to draw
 */
export function chart(
  hours: ReadonlyMap<number, number>,
  window: Window | undefined,
  now: number | undefined,
  draw: (bars: Bars) => string = mermaidChart,
  known?: KnownHours,
): string {
  if (window === undefined || now === undefined || hours.size === 0) return '';
  return draw(barsOf(hours, window, known));
}

function barsOf(hours: ReadonlyMap<number, number>, window: Window, known: KnownHours | undefined): Bars {
  const unit = window.end - window.start > MOST_BARS * HOUR ? 'day' : 'hour';
  const step = unit === 'day' ? DAY : HOUR;
  const slotOf = (instant: number) => Math.floor(instant / step) * step;
  const sums = new Map<number, number>();
  for (const [hour, events] of hours) sums.set(slotOf(hour), (sums.get(slotOf(hour)) ?? 0) + events);
  const whole = new Set([...(known?.whole ?? [])].map(slotOf));
  const missing = new Set([...(known?.missing ?? [])].map(slotOf));
  const bars: Bar[] = [];
  for (let slot = slotOf(hourOf(window.start)); slot < window.end; slot += step) {
    const text = new Date(slot).toISOString();
    const events = sums.get(slot) ?? 0;
    bars.push({
      time: unit === 'day' ? text.slice(5, 10) : text.slice(11, 16),
      ...(unit === 'hour' && { day: text.slice(5, 10) }),
      date: slot % DAY === 0 && bars.length > 0 ? text.slice(5, 10) : undefined,
      events,
      isUnknown: known !== undefined && events === 0 && !whole.has(slot),
      isMissing: missing.has(slot),
    });
  }
  return { unit, bars };
}

/**
 * A mermaid chart, which GitHub draws (https://mermaid.js.org/syntax/xyChart.html). Without the labels of its axis a bar of no
 * events is drawn at zero, and not as a stub; the highest bar is told in the title. Hours of which nothing is known have no bar.
 */
export function mermaidChart({ unit, bars }: Bars): string {
  const drawn = bars.filter(({ isUnknown }) => !isUnknown);
  if (drawn.length === 0) return '';
  const events = drawn.map((bar) => bar.events);
  return [
    '```mermaid',
    SETTINGS,
    'xychart-beta',
    `  title "New events by ${unit} (UTC), at most ${grouped(Math.max(...events))}${missingOf(bars)}"`,
    `  x-axis [${labels(drawn.map(({ time, date }) => date ?? time)).join(', ')}]`,
    `  y-axis "events" 0 --> ${Math.max(...events, 1)}`,
    `  bar [${events.join(', ')}]`,
    '```',
  ].join('\n');
}

/** A chart of text, for where nothing is drawn. An outage is one line, however long it was. */
export function textChart({ unit, bars }: Bars): string {
  const most = Math.max(...bars.map(({ events }) => events), 1);
  const width = grouped(most).length;
  const isLost = (bar: Bar | undefined) => bar?.isUnknown === true && bar.isMissing;
  const lines: string[] = [];
  let shownDay = '';
  for (const [at, bar] of bars.entries()) {
    const { time, day = '', events, isUnknown, isMissing } = bar;
    if ((isUnknown && !isMissing) || (isLost(bar) && isLost(bars[at - 1]))) continue;
    const when = day === '' ? time : `${day === shownDay ? ' '.repeat(day.length) : day} ${time}`;
    shownDay = day;
    if (isLost(bar)) {
      const end = bars.findIndex((one, index) => index > at && !isLost(one));
      const count = (end < 0 ? bars.length : end) - at;
      lines.push(`${when}  ${'missing'.padStart(width)}${count > 1 ? `, ${count} ${unit}s` : ''}`);
    } else {
      const bar = '█'.repeat(Math.ceil((TEXT_BAR * events) / most));
      lines.push(
        `${when}  ${grouped(events).padStart(width)}  ${bar}${isMissing ? ' (part)' : ''}`.trimEnd(),
      );
    }
  }
  return [`### New events by ${unit} (UTC)`, ['```', ...lines, '```'].join('\n')].join('\n\n');
}

/** Names that fit a title; all are listed above the chart. */
const NAMED = 2;

function missingOf(bars: readonly Bar[]): string {
  const missing = bars.filter(({ isMissing }) => isMissing).map(({ time }) => time);
  if (missing.length === 0) return '';
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : '';
  return `, missing: ${missing.slice(0, NAMED).join(', ')}${more}`;
}

/** Characters of the longest bar, so that its line fits a narrow page. */
const TEXT_BAR = 22;

/**
 * Zeros at zero, colours that stand out from a light page and a dark one, and so narrow that its letters can be read on a
 * narrow page, to which the whole chart is scaled down.
 */
const SETTINGS =
  '%%{init: {"xyChart": {"width": 800, "height": 280, "titleFontSize": 18, "xAxis": {"labelFontSize": 16}, "yAxis": {"showLabel": false, "showTick": false, "showTitle": false}}, "themeVariables": {"xyChart": {"plotColorPalette": "#4184e4", "backgroundColor": "transparent"}}}}%%';

/** Labels that fit beside each other. */
const MOST_LABELS = 13;
const ZERO_WIDTH_SPACE = '\u200b';

/**
 * Some of the times, evenly spread. Mermaid draws every label, and bars with equal labels over each other: those left
 * out are invisible, each of a length of its own.
 */
function labels(times: readonly string[]): string[] {
  const each = Math.ceil(times.length / MOST_LABELS);
  return times.map((time, at) => {
    // A day later it is the same time, and not the same hour.
    const isShown = at % each === 0 && (at === 0 || time !== times[0]);
    return `"${isShown ? time : ''}${ZERO_WIDTH_SPACE.repeat(at + 1)}"`;
  });
}
