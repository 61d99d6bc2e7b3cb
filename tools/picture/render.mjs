// Renders a job summary as GitHub shows it, as pictures: node tools/picture/render.mjs IN.md OUT-PREFIX
// writes OUT-PREFIX-light.png and OUT-PREFIX-dark.png. Needs `npm ci` in this folder, and Chromium (CHROMIUM says where).
//   --width PIXELS   of the column that GitHub gives a summary (default 980)
//   --open           with all <details> unfolded
//   --html           writes the pages beside the pictures, to look at in a browser
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { launchChromium } from './chromium.mjs';
import { openPage, pageOf, THEMES } from './summary-page.mjs';

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

const markdown = readFileSync(source, 'utf8');
mkdirSync(dirname(resolve(prefix)), { recursive: true });
const browser = await launchChromium();
try {
  for (const theme of THEMES) {
    const html = pageOf(markdown, theme, [width], values);
    if (values.html) writeFileSync(`${prefix}-${theme.name}.html`, html);
    const page = await openPage(browser, html, theme, { width, scale: 2 });
    const file = `${prefix}-${theme.name}.png`;
    await page.screenshot({ path: file, fullPage: true });
    console.log(file);
    await page.close();
  }
} finally {
  await browser.close();
}
