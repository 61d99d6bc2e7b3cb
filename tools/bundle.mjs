// Bundles lib/ (what tsc made of src/) into dist/ with @vercel/ncc: one file, and the licences of what is in it.
// With --check nothing is written: exits 1 when dist/ is not what the sources build to.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const ncc = createRequire(import.meta.url)('@vercel/ncc');

const { code, assets } = await ncc(join(root, 'lib', 'index.js'), {
  license: 'LICENSES.txt',
  quiet: true,
  // proxy-agent-negotiate imports `kerberos` on demand, a native module that is not installed. Left alone, ncc makes
  // a second chunk of it and then writes the licences of that chunk only; as an external it would have to exist.
  externals: { kerberos: 'node:crypto' },
});

const files = new Map([['index.js', Buffer.from(code)]]);
for (const [name, asset] of Object.entries(assets)) files.set(name, Buffer.from(asset.source));
files.set('package.json', Buffer.from('{"type":"module"}\n'));

if (process.argv.includes('--check')) {
  const there = new Set(readdirSync(dist));
  const stale = [...files].filter(
    ([name, wanted]) => !there.has(name) || !readFileSync(join(dist, name)).equals(wanted),
  );
  const superfluous = [...there].filter((name) => !files.has(name));
  if (stale.length + superfluous.length > 0) {
    const names = [...stale.map(([name]) => name), ...superfluous].join(', ');
    console.error(`dist/ is not what the sources build to (${names}): run "npm run build" and commit dist/.`);
    process.exit(1);
  }
  console.log('dist/ is what the sources build to.');
} else {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  for (const [name, content] of files) writeFileSync(join(dist, name), content);
  console.log([...files].map(([name, content]) => `dist/${name} ${content.length} bytes`).join('\n'));
}
