/** The bundle of the sources at hand, for what runs the action whole: dist/ may be older than src/, this one is not. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where it is, and beside it the hash of the sources that it was built from. */
export const SOURCES_BUNDLE = join(root, 'lib', 'bundle');
/** All that it depends on. */
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

/** Builds it where a source has changed since, which takes some seconds, and gives its path. */
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

/** What they were when the bundle was built. */
export function builtFrom(): string | undefined {
  const file = `${SOURCES_BUNDLE}.hash`;
  return existsSync(SOURCES_BUNDLE) && existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function filesOf(path: string): string[] {
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesOf(`${path}/${name}`));
}
