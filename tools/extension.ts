// Packs the extension for Azure DevOps, without any network, and verifies what it packed:
// npm run extension [-- --publisher NAME]. The same files give the same package, byte for byte.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Manifest, vsix } from './vsix.ts';
import { vsixFaults } from './vsix-rules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'azure-pipelines');
const { values } = parseArgs({
  options: { publisher: { type: 'string' }, out: { type: 'string', default: join(root, 'lib') } },
});
const text = readFileSync(join(folder, 'vss-extension.json'), 'utf8');
const own = JSON.parse(text) as Manifest;
const manifest = values.publisher === undefined ? own : { ...own, publisher: values.publisher };
const archive = vsix(folder, manifest);
const faults = vsixFaults(archive, manifest);
if (faults.length > 0) {
  console.error(`The package is not whole:\n${faults.join('\n')}`);
  process.exit(1);
}
mkdirSync(values.out, { recursive: true });
const file = join(values.out, `${manifest.id}-${manifest.version}.vsix`);
writeFileSync(file, archive);
const hash = createHash('sha256').update(archive).digest('hex');
console.log(`${file}\n${archive.length} bytes, sha256 ${hash}, publisher ${manifest.publisher}`);
