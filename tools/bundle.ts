// src/ to lib/ with tsc, and from there to lib/bundle/ with @vercel/ncc: one file, and the licences of what is in it.
// Alone it also copies the bundle to dist/, which is what users run. With --check nothing in dist/ is written: exits 1 when
// it is not what the sources build to. With --if-changed, for what runs the sources at hand, dist/ is not looked at, and
// nothing is built where lib/bundle/ is of these very sources.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtFrom, SOURCES_BUNDLE, sourcesHash } from './fresh-bundle.ts';
import { licenceTexts, packageFolders } from './licences.ts';

interface Module {
  readonly resource?: string;
  readonly modules?: Iterable<Module>;
}
interface Bundle {
  readonly code: string;
  readonly assets: Readonly<Record<string, { readonly source: string | Buffer }>>;
  readonly stats: { readonly compilation: { readonly modules: Iterable<Module> } };
}

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const ncc = createRequire(import.meta.url)('@vercel/ncc') as (
  entry: string,
  options: object,
) => Promise<Bundle>;

const flags = process.argv.slice(2);
const unknown = flags.find((flag) => flag !== '--check' && flag !== '--if-changed');
if (unknown !== undefined) {
  console.error(`Expected --check, --if-changed or nothing, got ${unknown}.`);
  process.exit(1);
}
if (flags.includes('--if-changed')) {
  if (builtFrom() !== sourcesHash()) await build();
} else {
  await build();
  if (flags.includes('--check')) check();
  else publish();
}

async function build(): Promise<void> {
  const hash = sourcesHash();
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  const { code, assets, stats } = await ncc(join(root, 'lib', 'hosts', 'github', 'index.js'), {
    quiet: true,
    // proxy-agent-negotiate imports `kerberos` on demand, a native module that is not installed. Left alone, ncc makes
    // a second chunk of it; as an external it would have to exist.
    externals: { kerberos: 'node:crypto' },
  });
  // Aside first, so that a build which is cut off leaves nothing that passes for whole.
  const aside = `${SOURCES_BUNDLE}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  writeFileSync(join(aside, 'index.js'), code);
  for (const [name, { source }] of Object.entries(assets)) writeFileSync(join(aside, name), source);
  writeFileSync(join(aside, 'package.json'), '{"type":"module"}\n');
  writeFileSync(
    join(aside, 'LICENSES.txt'),
    licenceTexts(packageFolders(resources(stats.compilation.modules))),
  );
  rmSync(`${SOURCES_BUNDLE}.hash`, { force: true });
  rmSync(SOURCES_BUNDLE, { recursive: true, force: true });
  renameSync(aside, SOURCES_BUNDLE);
  writeFileSync(`${SOURCES_BUNDLE}.hash`, hash);
}

/** The files in the bundle, those that webpack joined into one module among them. */
function* resources(modules: Iterable<Module>): Generator<string> {
  for (const { resource, modules: joined = [] } of modules) {
    if (resource !== undefined) yield resource;
    yield* resources(joined);
  }
}

function check(): void {
  const [wanted, there] = [readdirSync(SOURCES_BUNDLE), readdirSync(dist)];
  const names = [...new Set([...wanted, ...there])].filter(
    (name) =>
      !wanted.includes(name) ||
      !there.includes(name) ||
      !readFileSync(join(dist, name)).equals(readFileSync(join(SOURCES_BUNDLE, name))),
  );
  if (names.length > 0) {
    console.error(
      `dist/ is not what the sources build to (${names.join(', ')}): run "npm run build" and commit dist/.`,
    );
    process.exit(1);
  }
  console.log('dist/ is what the sources build to.');
}

function publish(): void {
  rmSync(dist, { recursive: true, force: true });
  cpSync(SOURCES_BUNDLE, dist, { recursive: true });
  for (const name of readdirSync(dist))
    console.log(`dist/${name} ${readFileSync(join(dist, name)).length} bytes`);
}
