/** The bundles of the sources at hand, for what runs them whole: those in the repository may be older than src/, these are not. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where they are, and beside the first one the hash of the sources that they were built from. */
export const SOURCES_BUNDLE = join(root, 'lib', 'bundle');
export const SOURCES_TASK = join(root, 'lib', 'task');
/** All that they depend on. */
const SOURCES = [
  'src',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tools/bundle.ts',
  'tools/licences.ts',
  'tools/licences',
];

/** Builds them where a source has changed since, which takes some seconds, and gives the path of the Action's. */
export function freshBundle(): string {
  const builder = fileURLToPath(new URL('bundle.ts', import.meta.url));
  const { status, error } = spawnSync(process.execPath, [builder, '--if-changed'], {
    stdio: 'inherit',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (error) throw error;
  if (status !== 0) throw new Error('the sources do not build: see above.');
  return join(SOURCES_BUNDLE, 'index.js');
}

/** What the sources are now. */
export function sourcesHash(): string {
  const hash = createHash('sha256');
  for (const file of SOURCES.flatMap(filesOf))
    hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

/** What they were when the bundles were built. */
export function builtFrom(): string | undefined {
  const file = `${SOURCES_BUNDLE}.hash`;
  return [SOURCES_BUNDLE, SOURCES_TASK, file].every(existsSync) ? readFileSync(file, 'utf8') : undefined;
}

function filesOf(path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesOf(`${path}/${name}`));
}
