// src/ to lib/ with tsc, and from there with @vercel/ncc to a bundle for each host: one file, and the licences of what is in
// it. Alone it also copies the bundles to where users run them. With --check nothing is written there: exits 1 when they are
// not what the sources build to. With --if-changed, for what runs the sources at hand, those are not looked at, and nothing
// is built where lib/ is of these very sources.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtFrom, SOURCES_BUNDLE, SOURCES_TASK, sourcesHash } from './fresh-bundle.ts';
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
const BUNDLES = [
  { host: 'github', built: SOURCES_BUNDLE, published: 'dist' },
  { host: 'azure-pipelines', built: SOURCES_TASK, published: 'azure-pipelines/collect/dist' },
] as const;
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
  rmSync(`${SOURCES_BUNDLE}.hash`, { force: true });
  for (const { host, built } of BUNDLES) await bundle(join(root, 'lib', 'hosts', host, 'index.js'), built);
  writeFileSync(`${SOURCES_BUNDLE}.hash`, hash);
}

async function bundle(entry: string, built: string): Promise<void> {
  const { code, assets, stats } = await ncc(entry, {
    quiet: true,
    // proxy-agent-negotiate imports `kerberos` on demand, a native module that is not installed. Left alone, ncc makes
    // a second chunk of it; as an external it would have to exist.
    externals: { kerberos: 'node:crypto' },
  });
  // Aside first, so that a build which is cut off leaves nothing that passes for whole.
  const aside = `${built}.${process.pid}`;
  mkdirSync(aside, { recursive: true });
  writeFileSync(join(aside, 'index.js'), code);
  for (const [name, { source }] of Object.entries(assets)) writeFileSync(join(aside, name), source);
  writeFileSync(join(aside, 'package.json'), '{"type":"module"}\n');
  writeFileSync(
    join(aside, 'LICENSES.txt'),
    licenceTexts(packageFolders(resources(stats.compilation.modules))),
  );
  rmSync(built, { recursive: true, force: true });
  renameSync(aside, built);
}

/** The files in the bundle, those that webpack joined into one module among them. */
function* resources(modules: Iterable<Module>): Generator<string> {
  for (const { resource, modules: joined = [] } of modules) {
    if (resource !== undefined) yield resource;
    yield* resources(joined);
  }
}

function check(): void {
  for (const { built, published } of BUNDLES) {
    const there = join(root, published);
    const [wanted, found] = [readdirSync(built), existsSync(there) ? readdirSync(there) : []];
    const names = [...new Set([...wanted, ...found])].filter(
      (name) =>
        !wanted.includes(name) ||
        !found.includes(name) ||
        !readFileSync(join(there, name)).equals(readFileSync(join(built, name))),
    );
    if (names.length > 0) {
      console.error(
        `${published}/ is not what the sources build to (${names.join(', ')}): run "npm run build" and commit it.`,
      );
      process.exit(1);
    }
    console.log(`${published}/ is what the sources build to.`);
  }
}

function publish(): void {
  for (const { built, published } of BUNDLES) {
    const there = join(root, published);
    rmSync(there, { recursive: true, force: true });
    cpSync(built, there, { recursive: true });
    for (const name of readdirSync(there))
      console.log(`${published}/${name} ${readFileSync(join(there, name)).length} bytes`);
  }
}
