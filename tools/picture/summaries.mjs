// Renders the scenes of the summary, as both hosts show them: node tools/picture/summaries.mjs [NAME…] [--to FOLDER]
// writes docs/summaries.md and its pictures, or, with --to, all scenes in all themes and widths to a folder, to judge them by.
// Needs `npm ci` in this folder, Chromium (CHROMIUM says where), Node 24, and a font with emoji (fonts-noto-color-emoji).
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { launchChromium } from './chromium.mjs';
import { galleryOf, NARROW, PICTURES, picturesOf, WIDE } from './gallery.ts';
import { withPalette } from './palette-png.mjs';
import { HOSTS, SCENES, summaryOfScene } from './scenes/scenes.ts';
import { openPage, pageOf, THEMES } from './summary-page.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { to: { type: 'string' } } });
const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const scenes = Object.values(SCENES).flat();
const unknown = positionals.filter((name) => scenes.every((scene) => scene.name !== name));
if (unknown.length > 0) {
  console.error(`Expected names of scenes, got ${unknown.join(', ')}.`);
  process.exit(2);
}
const chosen = scenes.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const folder = values.to === undefined ? docs : resolve(values.to);
if (values.to === undefined) writeGallery();

const browser = await launchChromium();
try {
  for (const scene of chosen) {
    for (const picture of values.to === undefined ? picturesOf(scene) : everyPictureOf(scene))
      await draw(scene, picture);
  }
} finally {
  await browser.close();
}

/** The page, and no picture of a scene that is gone. */
function writeGallery() {
  writeFileSync(join(docs, 'summaries.md'), galleryOf());
  mkdirSync(join(docs, PICTURES), { recursive: true });
  const known = new Set(scenes.flatMap((scene) => picturesOf(scene).map(({ file }) => file)));
  for (const file of readdirSync(join(docs, PICTURES)))
    if (!known.has(`${PICTURES}/${file}`)) rmSync(join(docs, PICTURES, file));
}

function everyPictureOf({ name }) {
  return Object.keys(HOSTS).flatMap((host) =>
    THEMES.map(({ name: theme }) => ({
      file: `${name}-${host}-${theme}.png`,
      host,
      theme,
      columns: [WIDE, NARROW],
    })),
  );
}

async function draw(scene, { file, host, theme: name, columns }) {
  const theme = THEMES.find((one) => one.name === name);
  const html = pageOf(summaryOfScene(scene, host), theme, columns);
  const width = columns.reduce((sum, column) => sum + column);
  const page = await openPage(browser, html, theme, { width, scale: 1 });
  for (const wide of await page.evaluate(whatScrolls)) console.log(`  too wide: ${wide}`);
  const picture = withPalette(await page.screenshot({ fullPage: true }));
  await page.close();
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, picture);
  console.log(`${file} ${Math.ceil(picture.length / 1024)} KiB`);
}

/** Runs in the page: the beginnings of tables and code that do not fit their column. */
function whatScrolls() {
  return [...document.querySelectorAll('table, pre:not(.mermaid)')]
    .filter((one) => one.scrollWidth > one.clientWidth && one.checkVisibility())
    .map((one) => {
      const { clientWidth } = one.closest('article');
      return `${one.textContent.slice(0, 40).replaceAll(/\s+/g, ' ')}, at ${clientWidth} px`;
    });
}
