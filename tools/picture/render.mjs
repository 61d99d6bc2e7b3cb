// Renders a job summary as GitHub shows it, as pictures: node tools/picture/render.mjs IN.md OUT-PREFIX
// writes OUT-PREFIX-light.png and OUT-PREFIX-dark.png. Needs `npm ci` in this folder, and Chromium (CHROMIUM says where).
//   --width PIXELS   of the column that GitHub gives a summary (default 980)
//   --open           with all <details> unfolded
//   --html           writes the pages beside the pictures, to look at in a browser
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Marked } from 'marked';
import { chromium } from 'playwright-core';
import { chromiumPath } from './chromium.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    width: { type: 'string', default: '980' },
    open: { type: 'boolean', default: false },
    html: { type: 'boolean', default: false },
  },
});
const [source, prefix] = positionals;
const width = Number(values.width);
if (source === undefined || prefix === undefined || !(width > 0)) {
  console.error(
    'Expected: node tools/picture/render.mjs IN.md OUT-PREFIX [--width PIXELS] [--open] [--html]',
  );
  process.exit(2);
}

const require = createRequire(import.meta.url);
const THEMES = [
  { name: 'light', background: '#ffffff', text: '#1f2328', mermaid: 'default' },
  { name: 'dark', background: '#0d1117', text: '#f0f6fc', mermaid: 'dark' },
];
// Not GitHub's icons, which are not needed to see whether a box stands out.
const ICONS = {
  note: '<circle cx="8" cy="8" r="7"/><path d="M8 7.5v4M8 4.6v.2"/>',
  tip: '<path d="M5.5 10a4.5 4.5 0 1 1 5 0v2h-5zM6 14.5h4"/>',
  important: '<path d="M1 2h14v9H8l-3 3v-3H1zM8 4v3.5M8 9v.2"/>',
  warning: '<path d="M8 1.5 15.2 14.5H.8zM8 6v4M8 12v.2"/>',
  caution: '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5zM8 4.5v4M8 11v.2"/>',
};

const body = markdown().parse(readFileSync(source, 'utf8'));
const script = readFileSync(require.resolve('mermaid/dist/mermaid.min.js'), 'utf8');
mkdirSync(dirname(resolve(prefix)), { recursive: true });

const browser = await chromium.launch({
  executablePath: foundChromium(),
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  for (const theme of THEMES) {
    const html = pageOf(theme);
    if (values.html) writeFileSync(`${prefix}-${theme.name}.html`, html);
    const page = await browser.newPage({ viewport: { width, height: 200 }, deviceScaleFactor: 2 });
    await page.route('**/*', (route) => route.abort()); // everything is in the page
    await page.setContent(html);
    await page.addScriptTag({ content: script });
    const broken = await page.evaluate(drawCharts, theme.mermaid);
    if (broken.length > 0) throw new Error(`mermaid refuses a chart: ${broken.join('; ')}`);
    const file = `${prefix}-${theme.name}.png`;
    await page.screenshot({ path: file, fullPage: true });
    console.log(file);
    await page.close();
  }
} finally {
  await browser.close();
}

/** GitHub-flavoured Markdown with its alerts and mermaid blocks. */
function markdown() {
  return new Marked({
    gfm: true,
    renderer: {
      code({ text, lang }) {
        return lang === 'mermaid' && `<div class="chart"><pre class="mermaid">${escaped(text)}</pre></div>`;
      },
      blockquote({ text }) {
        const [mark, kind] = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|$)/.exec(text) ?? [];
        if (kind === undefined) return false;
        const name = kind.toLowerCase();
        const icon = `<svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.6">${ICONS[name]}</svg>`;
        const title = `<p class="markdown-alert-title">${icon}${kind[0]}${name.slice(1)}</p>`;
        return `<div class="markdown-alert markdown-alert-${name}">${title}${markdown().parse(text.slice(mark.length))}</div>`;
      },
    },
  });
}

function pageOf({ name, background, text }) {
  const css = readFileSync(require.resolve(`github-markdown-css/github-markdown-${name}.css`), 'utf8');
  const unfolded = values.open ? body.replaceAll('<details>', '<details open>') : body;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Job summary</title><style>${css}
body { margin: 0; background: ${background}; color: ${text} }
.markdown-body { padding: 16px; font-family: "Noto Sans", Helvetica, Arial, "Noto Color Emoji", sans-serif }
.markdown-alert-title svg { margin-right: 8px }
.chart { text-align: center }
.markdown-body .chart pre { background: none; padding: 0; overflow: visible }
</style></head><body><article class="markdown-body">${unfolded}</article></body></html>`;
}

/** Runs in the page: draws each chart in the theme; returns why it could not. */
async function drawCharts(theme) {
  const { mermaid } = globalThis;
  mermaid.initialize({ startOnLoad: false, theme, securityLevel: 'strict' });
  const broken = [];
  for (const chart of document.querySelectorAll('pre.mermaid')) {
    try {
      await mermaid.run({ nodes: [chart] });
    } catch (error) {
      broken.push(String(error?.message ?? error));
    }
  }
  return broken;
}

function foundChromium() {
  const found = chromiumPath();
  if (found === undefined)
    throw new Error('expected Chromium in CHROMIUM or /usr/bin, got none: apt-get install chromium');
  return found;
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
