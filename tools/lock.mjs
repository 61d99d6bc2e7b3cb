// Writes package-lock.json anew from package.json, keeping the versions that it has where they still fit. In a folder of its
// own: where node_modules is there, npm copies what is installed, and leaves the version and hash of everything else out.
// With --check and files it only says whether these are whole.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// npm chooses versions by the Node that it runs on, and from 12 on leaves the packages of other platforms out.
const INSTALL = 'npx -y -p node@24 -p npm@11.12 -c "npm install --package-lock-only"';
const root = fileURLToPath(new URL('..', import.meta.url));
const LOCK = 'package-lock.json';

const [flag, ...files] = process.argv.slice(2);
if (flag === '--check') process.exit(files.every(isWhole) ? 0 : 1);
if (flag !== undefined) {
  console.error(`Expected --check and files, or nothing, got ${flag}.`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'lock-'));
try {
  for (const name of ['package.json', '.npmrc']) copyFileSync(join(root, name), join(folder, name));
  if (existsSync(join(root, LOCK))) writeFileSync(join(folder, LOCK), withoutHoles(join(root, LOCK)));
  const { status, error } = spawnSync(INSTALL, { cwd: folder, stdio: 'inherit', shell: true });
  if (error) throw error;
  if (status === 0 && isWhole(join(folder, LOCK))) copyFileSync(join(folder, LOCK), join(root, LOCK));
  else process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The lock file short of entries that npm would stumble over; it chooses a version for them anew. */
function withoutHoles(file) {
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  for (const path of holes(lock)) delete lock.packages[path];
  return JSON.stringify(lock);
}

function isWhole(file) {
  const paths = holes(JSON.parse(readFileSync(file, 'utf8')));
  if (paths.length === 0) return true;
  console.error(
    `${file}: expected a version and an integrity for every package, and ${paths.length} lack one: ${paths.join(', ')}. The registry did not answer for them: run "npm run lock" again, later or with another registry.`,
  );
  return false;
}

/** The entries that can't be installed and checked without asking a registry what they are. */
function holes({ packages }) {
  return Object.entries(packages)
    .filter(([path, { link, version, integrity }]) => path !== '' && !link && !(version && integrity))
    .map(([path]) => path);
}
