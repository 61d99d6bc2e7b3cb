/** The extension that Azure DevOps gets: its task is what the contract says, and its package is whole. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { ActionError } from '../../src/errors.ts';
import { dialectOf } from '../../src/hosts/azure-pipelines/dialect.ts';
import { readInputs } from '../../src/inputs/inputs.ts';
import { camelCase, INPUT_NAMES } from '../../src/inputs/names.ts';
import { withContract } from '../../tools/action-yml.ts';
import { ICONS, iconPixels } from '../../tools/icon.ts';
import { withTaskTables } from '../../tools/readme-tables.ts';
import { taskJson } from '../../tools/task-json.ts';
import { taskFaults } from '../../tools/task-rules.ts';
import { type Manifest, vsix } from '../../tools/vsix.ts';
import { vsixFaults } from '../../tools/vsix-rules.ts';
import { unzip, zip } from '../../tools/zip.ts';
import { INPUTS, OUTPUTS } from '../support/contract-names.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'azure-pipelines');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };
const manifest = JSON.parse(read('azure-pipelines/vss-extension.json')) as Manifest;

interface TaskInput {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly defaultValue?: string;
  readonly helpMarkDown: string;
}

interface Task {
  readonly name: string;
  readonly inputs: readonly TaskInput[];
  readonly outputVariables: readonly { readonly name: string }[];
  readonly restrictions: { readonly commands?: unknown; readonly settableVariables: { allowed: string[] } };
  readonly execution: Readonly<Record<string, { readonly target: string }>>;
}

const task = JSON.parse(read('azure-pipelines/collect/task.json')) as Task;
const own = (name: string) => task.inputs.find((input) => input.name === name);
/** What the task takes otherwise than the Action, by the contract. */
const GITHUB_ALONE = ['failure-issue', 'github-token'];
const DEFAULTS: Readonly<Record<string, string>> = { 'deadline-minutes': '50' };

describe('task.json', () => {
  it('is written from the contract, as action.yml and the page of the extension are (npm run docs)', () => {
    expect(read('azure-pipelines/collect/task.json')).toBe(taskJson(version));
    expect(read('action.yml')).toBe(withContract(read('action.yml')));
    expect(read('azure-pipelines/overview.md')).toBe(withTaskTables(read('azure-pipelines/overview.md')));
  });

  it('has the inputs of the Action in camelCase, and the service connection', () => {
    const names = INPUTS.map(({ name }) => name).filter((name) => !GITHUB_ALONE.includes(name));
    expect(task.inputs.map(({ name }) => name).sort()).toEqual(
      [...names.map(camelCase), 'azureSubscription'].sort(),
    );
    expect(own('azureSubscription')?.type).toBe('connectedService:AzureRM');
  });

  it.each(INPUTS.filter(({ name }) => !GITHUB_ALONE.includes(name)))(
    'has the default of $name, and whether it is required',
    ({ name, required, byDefault }) => {
      const input = own(camelCase(name));
      expect(input?.defaultValue).toBe(DEFAULTS[name] ?? byDefault);
      // The service connection knows the tenant.
      expect(input?.required).toBe(required === true && name !== 'tenant-id');
      expect(input?.helpMarkDown).toMatch(/\.$/);
      // An input that is named otherwise here is named so here.
      expect(input?.helpMarkDown).not.toMatch(/`(?:[a-z]+-)+(?:id|ids|url|hours|time|file|name|identity)`/);
    },
  );

  it('has the outputs, may set them and nothing else, and may attach its summary', () => {
    const names = OUTPUTS.map(camelCase).sort();
    expect(task.outputVariables.map(({ name }) => name).sort()).toEqual(names);
    expect(task.restrictions.settableVariables.allowed.toSorted()).toEqual(names);
    expect(task.restrictions.commands).toBeUndefined();
  });

  it('runs on Node 24 and on nothing else', () => {
    expect(task.execution).toEqual({ Node24: { target: 'dist/index.js' } });
    expect(existsSync(join(folder, 'collect/dist/index.js'))).toBe(true);
    expect(read('azure-pipelines/collect/dist/package.json')).toContain('"type":"module"');
  });

  it('is right by the rules that agents and Marketplace have, which see what is wrong', () => {
    expect(taskFaults(task as never)).toEqual([]);
    const wrong = { ...task, inputs: [{ name: 'a-b', type: 'filePath', label: '', defaultValue: 1 }], x: 1 };
    expect(taskFaults(wrong as never)).toHaveLength(5);
    expect(taskFaults({}).length).toBeGreaterThan(8);
  });
});

describe('the code of the task', () => {
  it('reads every input of task.json, and no other', () => {
    const asked = new Set<string>();
    const get = (name: string) => {
      asked.add(name);
      return '';
    };
    expect(() => readInputs(get, Date.now(), [], dialectOf(undefined).inputs)).toThrow(ActionError);
    expect([...asked].map(camelCase).sort()).toEqual(task.inputs.map(({ name }) => name).sort());
  });

  it('has no two names that an agent could not tell apart', () => {
    const variables = INPUT_NAMES.map((name) => camelCase(name).toUpperCase());
    expect(new Set(variables).size).toBe(variables.length);
  });
});

describe('the package', () => {
  it('is whole, and the same each time', () => {
    const archive = vsix(folder, manifest);
    expect(vsixFaults(archive, manifest)).toEqual([]);
    expect(vsix(folder, manifest).equals(archive)).toBe(true);
    expect([manifest.version, manifest.public]).toEqual([version, false]);
    expect(manifest.targets).toEqual([{ id: 'Microsoft.VisualStudio.Services.Cloud' }]);
    expect(read('azure-pipelines/LICENSE.txt')).toBe(read('LICENSE'));
  });

  it.each([
    ['collect/dist/index.js', 'collect/dist/index.js: expected in the package, got nothing'],
    ['collect/task.json', 'collect/task.json: expected in the package, got nothing'],
    ['collect/icon.png', 'collect/icon.png: expected in the package, got nothing'],
    ['images/icon.png', 'images/icon.png: expected in the package, got nothing'],
    ['overview.md', 'overview.md: an asset that is not in the package'],
  ])('is seen to lack %s', (gone, says) => {
    const files = unzip(vsix(folder, manifest));
    files.delete(gone);
    expect(vsixFaults(zip(files), manifest)).toContain(says);
  });

  it('opens with another unzip than its own', () => {
    const [tool] = ['unzip'].filter((name) => spawnSync(name, ['-v']).status === 0);
    if (tool === undefined) return;
    const place = mkdtempSync(join(tmpdir(), 'vsix-'));
    writeFileSync(join(place, 'it.vsix'), vsix(folder, manifest));
    const { status, stdout } = spawnSync(tool, ['-t', join(place, 'it.vsix')], { encoding: 'utf8' });
    rmSync(place, { recursive: true, force: true });
    expect([status, stdout]).toEqual([0, expect.stringContaining('No errors detected')]);
  });

  it('holds no address of a place where it was built, and no GitHub toolkit', () => {
    const bundle = read('azure-pipelines/collect/dist/index.js');
    expect(bundle).not.toMatch(/@actions\/|octokit/i);
    expect(bundle).not.toContain(root);
  });

  it.each(Object.entries(ICONS))('has the icon that is drawn by code: %s', (path, size) => {
    const icon = readFileSync(join(root, path));
    const data = icon.subarray(icon.indexOf('IDAT') + 4, icon.indexOf('IEND') - 8);
    const rows = inflateSync(data);
    const pixels = Buffer.concat(
      Array.from({ length: size }, (_, y) => rows.subarray(y * (size * 4 + 1) + 1, (y + 1) * (size * 4 + 1))),
    );
    expect(pixels.equals(iconPixels(size))).toBe(true);
  });
});
