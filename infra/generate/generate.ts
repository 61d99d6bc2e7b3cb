/**
 * Writes the files that follow from src/rows/columns.ts and queries/. With --check it writes nothing and fails when one of
 * them is not what would be written.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { generatedFiles } from './files.ts';

const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [path, text] of generatedFiles()) {
  const file = new URL(`../../${path}`, import.meta.url);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  stale.push(path);
  if (!check) writeFileSync(file, text);
}
if (stale.length === 0) {
  console.log('Nothing to write: the generated files are as they should be.');
} else if (check) {
  console.error(`Expected these to be as npm run infra writes them: ${stale.join(', ')}.`);
  process.exitCode = 1;
} else {
  console.log(`Written: ${stale.join(', ')}.`);
}
