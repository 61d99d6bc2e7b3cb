/** Charts as SVG, which a page shows without a script. */
import { escaped } from './escaped.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
}

const WIDTH = 960;
/** Of a horizontal bar, the gap to the next one included. */
const LINE = 26;
/** Where horizontal bars begin: labels stand to the left of it. */
const LABELS = 300;
/** As much of a label as fits there; all of it stands in the tooltip. */
const LONGEST = 38;

/** Bars side by side, such as hours. */
export function columnChart(title: string, bars: readonly Bar[]): string {
  const most = mostOf(bars);
  const width = WIDTH / Math.max(bars.length, 1);
  const drawn = bars.map(({ label, value }, at) => {
    const height = (150 * value) / most;
    const [x, middle] = [at * width, at * width + width / 2];
    const bar = `<rect x="${x + 2}" y="${180 - height}" width="${Math.max(width - 4, 1)}" height="${height}"/>`;
    return `${bar}<text x="${middle}" y="${174 - height}">${value}</text><text x="${middle}" y="198">${escaped(label)}</text>`;
  });
  return figure(title, bars, 204, drawn.join(''));
}

/** Bars one below the other, for labels of some length. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const most = mostOf(bars);
  const drawn = bars.map(({ label, value }, at) => {
    const y = at * LINE;
    const width = ((WIDTH - LABELS - 60) * value) / most;
    const short = label.length > LONGEST ? `${label.slice(0, LONGEST - 1)}…` : label;
    return (
      `<g><title>${escaped(label)}: ${value}</title>` +
      `<text class="label" x="${LABELS - 8}" y="${y + 16}">${escaped(short)}</text>` +
      `<rect x="${LABELS}" y="${y + 3}" width="${Math.max(width, 1)}" height="${LINE - 6}"/>` +
      `<text class="value" x="${LABELS + width + 6}" y="${y + 16}">${value}</text></g>`
    );
  });
  return figure(title, bars, LINE * bars.length, drawn.join(''));
}

function mostOf(bars: readonly Bar[]): number {
  return Math.max(...bars.map(({ value }) => value), 1);
}

/** @param bars said to who can't see them */
function figure(title: string, bars: readonly Bar[], height: number, drawn: string): string {
  const told = bars.map(({ label, value }) => `${label} ${value}`).join(', ');
  const name = escaped(title === '' ? told : `${title}: ${told}`);
  return `<figure><figcaption>${escaped(title)}</figcaption><svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${name}">${drawn}</svg></figure>`;
}
