import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Marked } from 'marked';

const require = createRequire(import.meta.url);

export const THEMES = [
  { name: 'light', background: '#ffffff', text: '#1f2328', line: '#d1d9e0', mermaid: 'default' },
  { name: 'dark', background: '#0d1117', text: '#f0f6fc', line: '#3d444d', mermaid: 'dark' },
];
// Not GitHub's icons, which are not needed to see whether a box stands out.
const ICONS = {
  note: '<circle cx="8" cy="8" r="7"/><path d="M8 7.5v4M8 4.6v.2"/>',
  tip: '<path d="M5.5 10a4.5 4.5 0 1 1 5 0v2h-5zM6 14.5h4"/>',
  important: '<path d="M1 2h14v9H8l-3 3v-3H1zM8 4v3.5M8 9v.2"/>',
  warning: '<path d="M8 1.5 15.2 14.5H.8zM8 6v4M8 12v.2"/>',
  caution: '<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5zM8 4.5v4M8 11v.2"/>',
};

/** A summary as GitHub shows it, in columns beside each other. @param columns their widths in pixels */
export function pageOf(markdown, { name, background, text, line }, columns, { open = false } = {}) {
  const css = readFileSync(require.resolve(`github-markdown-css/github-markdown-${name}.css`), 'utf8');
  const html = alerts().parse(markdown);
  const body = open ? html.replaceAll('<details>', '<details open>') : html;
  const articles = columns.map(
    (width) => `<article class="markdown-body" style="width: ${width}px">${body}</article>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Job summary</title><style>${css}
body { margin: 0; background: ${background}; color: ${text}; display: flex; align-items: flex-start }
.markdown-body { box-sizing: border-box; padding: 16px; font-family: "Noto Sans", Helvetica, Arial, "Noto Color Emoji", sans-serif }
.markdown-body + .markdown-body { border-left: 1px solid ${line}; min-height: 100vh }
.markdown-alert-title svg { margin-right: 8px }
.chart { text-align: center }
.markdown-body .chart pre { background: none; padding: 0; overflow: visible }
</style></head><body>${articles.join('')}</body></html>`;
}

/** Opens a page with all its charts drawn. @throws where mermaid refuses one */
export async function openPage(browser, html, theme, { width, scale }) {
  const page = await browser.newPage({ viewport: { width, height: 200 }, deviceScaleFactor: scale });
  await page.route('**/*', (route) => route.abort()); // everything is in the page
  await page.setContent(html);
  if (html.includes('class="mermaid"')) {
    await page.addScriptTag({ path: require.resolve('mermaid/dist/mermaid.min.js') });
    const broken = await page.evaluate(drawCharts, theme.mermaid);
    if (broken.length > 0) throw new Error(`mermaid refuses a chart: ${broken.join('; ')}`);
  }
  return page;
}

/** GitHub-flavoured Markdown with its alerts and mermaid blocks. */
function alerts() {
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
        return `<div class="markdown-alert markdown-alert-${name}">${title}${alerts().parse(text.slice(mark.length))}</div>`;
      },
    },
  });
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

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
