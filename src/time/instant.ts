const FORM =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?)?\s*(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?$/i;

/**
 * An ISO 8601 instant as milliseconds since the epoch, or undefined where the text is none.
 * A time without a zone is UTC: activity events come with and without Z and mean UTC both times
 * (https://learn.microsoft.com/en-us/rest/api/power-bi/admin/get-activity-events).
 */
export function parseInstant(text: string): number | undefined {
  return parseUsualForm(text) ?? parseAnyForm(text);
}

/** The last date seen in the usual form: events of a page share theirs. */
let lastDate = '';
let lastDay = 0;

/** 2026-11-20T07:55:15 and 2026-11-20T07:55:15Z, as events have them: a fifth of the time of the general form. */
function parseUsualForm(text: string): number | undefined {
  const length = text.length;
  if (length !== 19 && (length !== 20 || text.charCodeAt(19) !== 0x5a)) return undefined;
  if (text.charCodeAt(10) !== 0x54 || text.charCodeAt(13) !== 0x3a || text.charCodeAt(16) !== 0x3a)
    return undefined;
  if (!text.startsWith(lastDate) || lastDate === '') {
    const day = parseAnyForm(text.slice(0, 10));
    if (day === undefined) return undefined;
    lastDate = text.slice(0, 10);
    lastDay = day;
  }
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return undefined;
  return lastDay + hour * 3_600_000 + minute * 60_000 + second * 1000;
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const units = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && units >= 0 && units <= 9 ? tens * 10 + units : Number.NaN;
}

function parseAnyForm(text: string): number | undefined {
  const parts = FORM.exec(text.trim());
  if (parts === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = parts;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  // Date.UTC rolls 30 February over into March; an instant that does not exist is refused instead.
  if (new Date(date).toISOString().slice(0, 10) !== `${year}-${month}-${day}`) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const time = Number(hour) * 3_600_000 + Number(minute) * 60_000 + Number(second) * 1000;
  const milliseconds = Math.floor(Number(`0${fraction}`) * 1000);
  return date + time + milliseconds - zoneOffset(zone);
}

function zoneOffset(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 3_600_000 + Number(digits.slice(2)) * 60_000);
}
