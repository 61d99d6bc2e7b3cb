import { DAY, HOUR, MINUTE } from './clock.ts';

/** A half-open range of time: start <= t < end, in ms since the epoch. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** A UTC hour, or the part of one that is asked for. */
export interface HourWindow extends Window {
  /** The hour's first instant. */
  readonly hour: number;
}

/** How long the service keeps activity events, and the margin held to it so that no request crosses the line. */
export const HISTORY = 28 * DAY;
export const HISTORY_MARGIN = 15 * MINUTE;

/** The oldest instant that may be asked for now. */
export function historyStart(now: number): number {
  return now - HISTORY + HISTORY_MARGIN;
}

/** When an hour that ended at `end` is final: events arrive up to 24 hours late. */
export function isFinalAt(end: number, now: number): boolean {
  return now >= end + DAY;
}

export function hourOf(instant: number): number {
  return Math.floor(instant / HOUR) * HOUR;
}

/**
 * The window that a run asks for: `startTime` (or `lookbackHours` before the end) to `endTime` (or now).
 */
export function requestedWindow(
  wish: {
    readonly lookbackHours: number;
    readonly startTime: number | undefined;
    readonly endTime: number | undefined;
  },
  now: number,
): Window {
  const end = wish.endTime ?? now;
  return { start: wish.startTime ?? Math.max(end - wish.lookbackHours * HOUR, 0), end };
}

/**
 * The part of the window that the service still keeps; empty (start = end) where that is nothing.
 * A clipped start lies on the next whole minute but one, so that the hour is not found aged out
 * when it is asked for a moment later.
 */
export function clipToHistory(window: Window, now: number): Window {
  const oldest = historyStart(now);
  if (window.start >= oldest) return window;
  const start = (Math.ceil(oldest / MINUTE) + 1) * MINUTE;
  return { start: Math.min(start, window.end), end: window.end };
}

/**
 * The UTC hours of a window, oldest first (they are the next to be forgotten by the service). The first and the
 * last may be parts. The source pages by the hour, so an hour alone costs the requests it costs within a day.
 */
export function* hoursOf(window: Window): Generator<HourWindow> {
  if (window.start >= window.end) return;
  for (let hour = hourOf(window.start); hour < window.end; hour += HOUR) {
    yield { hour, start: Math.max(hour, window.start), end: Math.min(hour + HOUR, window.end) };
  }
}

export function isWholeHour(window: HourWindow): boolean {
  return window.start === window.hour && window.end === window.hour + HOUR;
}

/** The windows over some hours: those that lie within `longest` of each other are one, with the hours between them. */
export function windowsOver(hours: Iterable<number>, longest: number): Window[] {
  const windows: Window[] = [];
  for (const hour of [...hours].sort((a, b) => a - b)) {
    const last = windows.at(-1);
    const isNear = last !== undefined && (last.end === hour || hour + HOUR - last.start <= longest);
    if (isNear) windows[windows.length - 1] = { start: last.start, end: hour + HOUR };
    else windows.push({ start: hour, end: hour + HOUR });
  }
  return windows;
}

/** Whether an hour lies in a window, if only in part. */
export function isWithin(hour: number, { start, end }: Window): boolean {
  return hour >= hourOf(start) && hour < end;
}

/** A window as a reader wants it: "2026-11-20T07:00Z to 08:00Z". */
export function describe(window: Window): string {
  const minute = (instant: number) => `${new Date(instant).toISOString().slice(0, 16)}Z`;
  const start = minute(window.start);
  const end = minute(window.end);
  return `${start} to ${start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end}`;
}
