// Renders the tabs of infra/workbook.json as a reader would see them: node tools/picture/workbook.mjs [FOLDER]
// writes FOLDER/TAB.html (default demo/out/workbook), and docs/workbook-TAB.png where Chromium is (CHROMIUM says where).
// Needs `npm ci` in this folder, and Node 24. The answers are those of the emulator's evaluator on two weeks of synthetic events.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { evaluate } from '../../emulator/kusto/evaluate.ts';
import { kqlTables } from '../../infra/generate/schema.ts';
import { chromiumPath } from './chromium.mjs';
import { sampleRows } from './sample-rows.mjs';
import { pageOf } from './workbook-page.mjs';
import { workspaceOf } from './workspace.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = process.argv[2] ?? join(root, 'demo/out/workbook');
const now = Date.parse('2026-11-20T12:00:00Z');

/** What stands in the parameters when a reader has opened the workbook and chosen nothing. */
const CHOSEN = {
  Lookback: '7d',
  FabricWorkspace: '*',
  Operation: '*',
  User: '',
  OwnDomains: '',
  Threshold: '50',
  ClickedUser: '*',
  ClickedWorkspace: '*',
  ClickedOperation: '*',
};

const book = JSON.parse(readFileSync(join(root, 'infra/workbook.json'), 'utf8'));
const workspace = workspaceOf(kqlTables(), { FabricUserActivity_CL: sampleRows(now) });
const tabs = book.items.filter(({ type }) => type === 12);

mkdirSync(folder, { recursive: true });
const pages = tabs.map((tab) => {
  const steps = tab.content.items.map(({ content }) => {
    const query = content.query.replaceAll(/\{(\w+)\}/g, (braces, name) => CHOSEN[name] ?? braces);
    return { content, answer: evaluate(query, workspace, now) };
  });
  const html = pageOf({ book, tab, tabs, steps, chosen: CHOSEN });
  const file = join(folder, `${tab.name}.html`);
  writeFileSync(file, html);
  console.log(file);
  return { name: tab.name, html };
});

const executablePath = chromiumPath();
if (executablePath === undefined) {
  console.log('No Chromium in CHROMIUM or /usr/bin: the pages are written, pictures are not.');
} else {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    for (const { name, html } of pages) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 200 }, deviceScaleFactor: 1 });
      await page.route('**/*', (route) => route.abort()); // everything is in the page
      await page.setContent(html);
      const file = join(root, `docs/workbook-${name}.png`);
      await page.screenshot({ path: file, fullPage: true });
      console.log(file);
      await page.close();
    }
  } finally {
    await browser.close();
  }
}
