// Runs one of the project's commands, on Node 24 and with the locked dependencies, whatever was there before:
// on a fresh clone it installs from the lock file first, so that `npm test` and `npm run demo` work as first commands.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const stamp = join(root, 'node_modules', '.installed-lock');
const windows = process.platform === 'win32';

/** The Node that the dependencies bring for this platform. Not by node_modules/.bin: npm 10 leaves it without a link there. */
function packagedNode() {
  const { optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const platform = `${windows ? 'win' : process.platform}-${process.arch}`;
  const name = Object.keys(optionalDependencies).find((name) => name.endsWith(platform));
  if (name === undefined) return undefined;
  const path = join(root, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node');
  return existsSync(path) ? path : undefined;
}

function step(command, args, env = {}) {
  const path = `${bin}${delimiter}${process.env.PATH}`;
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: windows && command === 'npm',
    env: { ...process.env, PATH: path, Path: path, ...env },
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

// Before anything is installed, since it is the way out when the lock file is what is broken.
if (process.argv[2] === 'lock') {
  step(process.execPath, [join(root, 'tools/lock.mjs'), ...process.argv.slice(3)]);
  process.exit();
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  step('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, lock);
}

const node = packagedNode() ?? process.execPath;
const major = Number(
  spawnSync(node, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }).stdout,
);
if (!(major >= 24)) {
  console.error(
    `Expected Node 24 or later for the project's commands, got ${process.version}: install Node 24.`,
  );
  process.exit(1);
}

const run = (script, ...args) => step(node, [join(root, script), ...args]);
const extra = process.argv.slice(3);
const tasks = {
  build: () => run('tools/bundle.ts', ...extra),
  'check-dist': () => run('tools/bundle.ts', '--check'),
  types: () => run('node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json'),
  lint: () => run('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', ...extra),
  format: () => run('node_modules/@biomejs/biome/bin/biome', 'check', '--write', ...extra),
  test: () =>
    step(node, [join(root, 'node_modules/jest/bin/jest.js'), ...extra], {
      NODE_OPTIONS: '--experimental-vm-modules --no-warnings=ExperimentalWarning',
    }),
  demo: () => run('demo/demo.ts', ...extra),
  // "npm run bench -- freshness" reads better than a flag.
  bench: () => run('bench/bench.ts', ...extra.map((arg) => (arg === 'freshness' ? '--freshness' : arg))),
  fuzz: () => {
    run('tools/bundle.ts', '--if-changed');
    run('fuzz/fuzz.ts', ...extra);
  },
  // "npm run picture -- summaries": the scenes of the summary in place of the workbook.
  picture: () =>
    extra[0] === 'summaries'
      ? run('tools/picture/summaries.mjs', ...extra.slice(1))
      : run('tools/picture/workbook.mjs', ...extra),
  infra: () => run('infra/generate/generate.ts', ...extra),
  extension: () => run('tools/extension.ts', ...extra),
  pseudonym: () => run('tools/pseudonym.ts', ...extra),
  docs: () => run('tools/docs.ts', ...extra),
};

const task = tasks[process.argv[2]];
if (!task) {
  console.error(`Expected one of ${[...Object.keys(tasks), 'lock'].join(', ')}, got ${process.argv[2]}.`);
  process.exit(1);
}
task();
