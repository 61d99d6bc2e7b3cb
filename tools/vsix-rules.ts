/** What the package of the extension has to be. tfx-cli warns of little of it, and the Marketplace tells when it is too late. */
import { taskFaults } from './task-rules.ts';
import type { Manifest } from './vsix.ts';
import { unzip } from './zip.ts';

const MOST_DESCRIPTION = 200;
const ICON_SIZE = 128;
const TASK_ICON_SIZE = 32;

/** @returns what is wrong with a package, nothing where all is well */
export function vsixFaults(archive: Buffer, manifest: Manifest): string[] {
  const files = unzip(archive);
  const text = (path: string) => files.get(path)?.toString('utf8') ?? '';
  const { contributions } = JSON.parse(text('extension.vsomanifest') || '{}') as Partial<Manifest>;
  const needed = [
    '[Content_Types].xml',
    'extension.vsixmanifest',
    'extension.vsomanifest',
    manifest.icons.default,
    manifest.content.details.path,
    manifest.content.license.path,
  ];
  return [
    ...needed
      .filter((path) => !files.has(path))
      .map((path) => `${path}: expected in the package, got nothing`),
    ...fault(/^[\w-]+$/.test(manifest.id), 'id: expected letters, digits and hyphens'),
    ...fault(/^\d+(?:\.\d+){2,3}$/.test(manifest.version), 'version: expected n.n.n'),
    ...fault(
      manifest.description.length <= MOST_DESCRIPTION,
      'description: expected 200 characters at the most',
    ),
    ...fault(manifest.categories.length > 0, 'categories: expected one at the least'),
    ...iconFaults(files, manifest.icons.default, ICON_SIZE),
    ...fault((contributions ?? []).length > 0, 'contributions: expected one at the least'),
    ...(contributions ?? []).flatMap(({ properties: { name } }) =>
      taskFolderFaults(files, name, manifest.version),
    ),
    ...assetFaults(files, text('extension.vsixmanifest')),
  ];
}

function taskFolderFaults(files: ReadonlyMap<string, Buffer>, folder: string, version: string): string[] {
  const file = files.get(`${folder}/task.json`);
  if (file === undefined) return [`${folder}/task.json: expected in the package, got nothing`];
  const task = JSON.parse(file.toString('utf8')) as Readonly<Record<string, unknown>>;
  const targets = Object.values((task.execution ?? {}) as Record<string, { target?: string }>);
  const { Major, Minor, Patch } = (task.version ?? {}) as Record<string, number>;
  return [
    ...taskFaults(task).map((text) => `${folder}/task.json: ${text}`),
    ...targets
      .filter(({ target }) => !files.has(`${folder}/${target}`))
      .map(({ target }) => `${folder}/${target}: expected in the package, got nothing`),
    ...fault(
      `${Major}.${Minor}.${Patch}` === version,
      `${folder}/task.json: expected the version of the extension`,
    ),
    ...iconFaults(files, `${folder}/icon.png`, TASK_ICON_SIZE),
  ];
}

function iconFaults(files: ReadonlyMap<string, Buffer>, path: string, size: number): string[] {
  const icon = files.get(path);
  if (icon === undefined) return [`${path}: expected in the package, got nothing`];
  const [width, height] = [icon.readUInt32BE(16), icon.readUInt32BE(20)];
  return fault(
    width === size && height === size,
    `${path}: expected ${size} by ${size}, got ${width} by ${height}`,
  );
}

/** Every asset that the manifest names is in the package. */
function assetFaults(files: ReadonlyMap<string, Buffer>, manifest: string): string[] {
  const paths = [...manifest.matchAll(/<Asset [^>]*Path="([^"]+)"/g)].map(([, path = '']) => path);
  return [
    ...fault(paths.length > 0, 'extension.vsixmanifest: expected assets, got none'),
    ...paths.filter((path) => !files.has(path)).map((path) => `${path}: an asset that is not in the package`),
  ];
}

function fault(isWell: boolean, text: string): string[] {
  return isWell ? [] : [text];
}
