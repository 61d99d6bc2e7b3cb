/** The lock file is whole, so that the first command works on a machine that has never seen the project. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { inFolder } from '../support/checkpoint.ts';

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
}

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const LOCKS = ['package-lock.json', 'tools/picture/package-lock.json'];

describe.each(LOCKS)('%s', (path) => {
  const text = readFileSync(file(path), 'utf8');
  const packages = Object.entries((JSON.parse(text) as { packages: Record<string, Entry> }).packages);

  it('has version and integrity of every package', () => {
    const holes = packages.filter(([at, { version, integrity }]) => at !== '' && !(version && integrity));
    expect(holes).toEqual([]);
    expect(packages.length).toBeGreaterThan(1);
  });

  it('names no registry', () => {
    expect(text).not.toContain('"resolved"');
    const { dependencies: _, ...rest } = JSON.parse(text);
    expect(rest).not.toHaveProperty('lockfileVersion', 1);
  });

  it('is of the package beside it', () => {
    const manifest = JSON.parse(readFileSync(file(path.replace('-lock', '')), 'utf8'));
    const root = packages.find(([at]) => at === '')?.[1] as Record<string, unknown>;
    for (const kind of ['version', 'dependencies', 'devDependencies', 'optionalDependencies'])
      expect([kind, root[kind]]).toEqual([kind, manifest[kind]]);
  });
});

it('brings Node 24 to every platform', () => {
  const { packages } = JSON.parse(readFileSync(file('package-lock.json'), 'utf8'));
  const { optionalDependencies } = JSON.parse(readFileSync(file('package.json'), 'utf8'));
  expect(Object.keys(optionalDependencies)).toHaveLength(5);
  for (const name of Object.keys(optionalDependencies))
    expect(packages[`node_modules/${name}`]).toMatchObject({ optional: true });
});

describe('npm run lock', () => {
  const check = (...files: string[]) =>
    spawnSync(process.execPath, [file('tools/lock.mjs'), '--check', ...files], { encoding: 'utf8' });

  it('takes a lock file that is whole', () => {
    expect(check(...LOCKS.map(file))).toMatchObject({ status: 0, stderr: '' });
  });

  it.each(['version', 'integrity'])('refuses one with an entry without %s, and names the entry', (property) =>
    inFolder((folder) => {
      const broken = JSON.parse(readFileSync(file('package-lock.json'), 'utf8'));
      delete broken.packages['node_modules/@biomejs/cli-darwin-arm64'][property];
      writeFileSync(join(folder, 'lock.json'), JSON.stringify(broken));
      const { status, stderr } = check(join(folder, 'lock.json'));
      expect(status).toBe(1);
      expect(stderr).toContain('1 lack one: node_modules/@biomejs/cli-darwin-arm64.');
    }),
  );

  it('refuses what it does not know, and writes nothing', () => {
    const { status, stderr } = spawnSync(process.execPath, [file('tools/lock.mjs'), '--chekc'], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([1, 'Expected --check and files, or nothing, got --chekc.\n']);
  });
});

// The stand-in for Node is a script, which Windows does not start.
const onUnix = process.platform === 'win32' ? it.skip : it;

// npm 10, which comes with Node 20 and 22, installs the package of this platform and leaves node_modules/.bin without a link.
onUnix("commands run on the dependencies' Node where npm has not linked it", () =>
  inFolder((folder) => {
    const { optionalDependencies } = JSON.parse(readFileSync(file('package.json'), 'utf8'));
    const name = Object.keys(optionalDependencies).find((one) =>
      one.endsWith(`${process.platform}-${process.arch}`),
    );
    if (name === undefined) throw new Error(`no Node for ${process.platform}-${process.arch}`);
    const bin = join(folder, 'node_modules', name, 'bin');
    for (const path of [join(folder, 'tools'), bin]) mkdirSync(path, { recursive: true });
    for (const path of ['package.json', 'package-lock.json', 'tools/task.mjs'])
      copyFileSync(file(path), join(folder, path));
    const lock = createHash('sha256')
      .update(readFileSync(file('package-lock.json')))
      .digest('hex');
    writeFileSync(join(folder, 'node_modules', '.installed-lock'), lock);
    writeFileSync(
      join(bin, 'node'),
      '#!/bin/sh\nif [ "$1" = -p ]; then echo 24; else echo "stand-in $2"; fi\n',
      {
        mode: 0o755,
      },
    );
    const { stdout } = spawnSync(process.execPath, ['tools/task.mjs', 'docs', '--check'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(stdout).toBe('stand-in --check\n');
  }),
);
