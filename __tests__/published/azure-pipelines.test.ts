/** Templates and examples for Azure Pipelines: every file parsed, and held to what loses no row and leaks no secret. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { taskInputs } from '../../tools/contract.ts';
import { TASK_NAME } from '../../tools/task-json.ts';

type Mapping = Readonly<Record<string, unknown>>;

interface Step extends Mapping {
  readonly task?: string;
  readonly bash?: string;
  readonly name?: string;
  readonly condition?: string;
  readonly inputs?: Mapping;
  readonly env?: Mapping;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['azure-pipelines/templates', 'azure-pipelines/examples'];
const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder)).map((name): [string, Mapping] => [
    `${folder}/${name}`,
    parse(readFileSync(join(root, folder, name), 'utf8')) as Mapping,
  ]),
);
const EXAMPLES = FILES.filter(([path]) => path.includes('/examples/'));
const OWN = `${TASK_NAME}@1`;

/** Every mapping below a value, itself first. */
function* mappings(value: unknown): Generator<Mapping> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Mapping;
  for (const inner of Object.values(value)) yield* mappings(inner);
}

function having(file: Mapping, key: string): Mapping[] {
  return [...mappings(file)].filter((mapping) => key in mapping);
}

function stepsOf(file: Mapping): Step[] {
  return [...mappings(file)].filter((one) => typeof one.task === 'string' || 'bash' in one) as Step[];
}

const collecting = FILES.filter(([, file]) => stepsOf(file).some(({ task }) => task === OWN));

it('are those that the documents name', () => {
  expect(FILES.map(([path]) => path.replace('azure-pipelines/', '')).sort()).toEqual([
    ...['examples/backfill.yml', 'examples/extends.yml', 'examples/hourly.yml', 'examples/self-hosted.yml'],
    ...['examples/tenants.yml', 'templates/collect-steps.yml', 'templates/collect.yml'],
    'templates/prescribed.yml',
  ]);
  expect(collecting.length).toBeGreaterThan(1);
});

describe.each(collecting)('%s collects with a step that', (_, file) => {
  const own = stepsOf(file).filter(({ task }) => task === OWN);

  it('gives the task inputs that it has, all that it needs, and one way to sign in', () => {
    const names = taskInputs().map(([name]) => name);
    const needed = taskInputs().filter(([, { required }]) => required === true);
    for (const { inputs = {} } of own) {
      const given = Object.keys(inputs).filter((name) => !name.startsWith('${{'));
      expect(names).toEqual(expect.arrayContaining(given));
      expect(given).toEqual(expect.arrayContaining(needed.map(([name]) => name)));
      const ways = ['azureSubscription', 'clientSecret', 'clientCertificate', 'managedIdentity'];
      expect(given.filter((name) => ways.includes(name))).toHaveLength(1);
    }
  });

  it('has a name for its outputs, and no condition: with always() a cancellation would not reach it', () => {
    for (const { name, condition } of own) expect([name, condition]).toEqual(['collect', undefined]);
  });

  it('keeps a state file, on the disk of the agent or as an artifact whatever became of the run', () => {
    for (const { inputs = {} } of own) {
      const state = String(inputs.stateFile);
      if (state.startsWith('/')) continue;
      const [publish] = having(file, 'publish');
      expect(state.startsWith(`${publish?.publish}/`)).toBe(true);
      expect(publish?.artifact).toMatch(/\.\$\(System\.JobAttempt\)$/);
      expect(publish?.condition).toMatch(/^and\(always\(\), eq\(variables\.\w+, 'true'\)\)$/);
    }
  });
});

describe.each(FILES)('%s', (path, file) => {
  it('puts no template expression into a script, and secrets into none but by env', () => {
    for (const { bash = '', env = {} } of stepsOf(file)) {
      expect(bash).not.toContain('${{');
      expect(bash).not.toMatch(/\$\((?:System|Build|Pipeline)\./);
      for (const [name, value] of Object.entries(env)) {
        if (String(value).includes('AccessToken')) expect(name).toBe('TOKEN');
      }
    }
  });

  it('runs one at a time, checks nothing out, and ends later than the task does', () => {
    const jobs = having(file, 'job');
    for (const stage of having(file, 'stage').filter((one) => 'jobs' in one)) {
      expect(stage.lockBehavior).toBe('sequential');
    }
    for (const job of jobs) {
      expect((job.steps as Mapping[])[0]).toEqual({ checkout: 'none' });
      expect(job.timeoutInMinutes).toBeDefined();
      const { deadlineMinutes } = having(job, 'deadlineMinutes')[0] ?? {};
      const limit = job.timeoutInMinutes;
      // 0 is no end at all.
      if (typeof limit === 'number' && limit > 0)
        expect(limit).toBeGreaterThanOrEqual(Number(deadlineMinutes) + 10);
    }
  });

  it('lets agents take Node 24', () => {
    for (const job of having(file, 'job'))
      expect(job.variables).toMatchObject({ AGENT_USE_NODE24_WITH_HANDLER_DATA: true });
  });

  it('names templates that are there, with parameters that they have and all that they need', () => {
    for (const use of having(file, 'template')) {
      const [name = '', repository] = String(use.template).split('@');
      const place = repository === undefined ? join(path, '..', name) : name;
      expect([place, existsSync(join(root, place))]).toEqual([place, true]);
      const template = parse(readFileSync(join(root, place), 'utf8')) as { parameters: Mapping[] };
      const known = template.parameters.map((parameter) => parameter.name);
      const needed = template.parameters.filter((parameter) => !('default' in parameter));
      const given = Object.keys((use.parameters ?? {}) as Mapping);
      expect(known).toEqual(expect.arrayContaining(given));
      expect(given).toEqual(expect.arrayContaining(needed.map((parameter) => parameter.name)));
      const more = having(use, 'inputs').flatMap(({ inputs }) => Object.keys((inputs ?? {}) as Mapping));
      const names = taskInputs().map(([input]) => input);
      expect(names).toEqual(expect.arrayContaining(more.filter((input) => !/^\d/.test(input))));
    }
  });
});

describe.each(EXAMPLES)('%s', (_, file) => {
  it('is started by nothing but its schedule, at an odd minute, also without changes', () => {
    expect([file.trigger, file.pr]).toEqual(['none', 'none']);
    for (const schedule of (file.schedules ?? []) as Mapping[]) {
      expect(schedule.always).toBe(true);
      expect(schedule.branches).toEqual({ include: ['main'] });
      expect(Number(String(schedule.cron).split(' ')[0]) % 2).toBe(1);
    }
  });

  it('takes templates of a release, never of a branch', () => {
    const { repositories = [] } = (file.resources ?? {}) as { repositories?: Mapping[] };
    for (const { name, ref } of repositories) {
      expect(name).toBe('OWNER/REPO');
      expect(ref).toMatch(/^refs\/tags\/v\d+\.\d+\.\d+$/);
    }
  });
});

describe('the default time of the template', () => {
  it('leaves ten minutes between deadline and end of the job', () => {
    const [, file] = FILES.find(([path]) => path.endsWith('templates/collect.yml')) ?? [];
    const defaults = Object.fromEntries(
      ((file?.parameters ?? []) as Mapping[]).map((parameter) => [parameter.name, parameter.default]),
    );
    expect(Number(defaults.timeoutInMinutes) - Number(defaults.deadlineMinutes)).toBeGreaterThanOrEqual(10);
  });
});

const hasJq = spawnSync('jq', ['--version']).status === 0 && process.platform !== 'win32';

(hasJq ? describe : describe.skip)('the look-up of the checkpoint', () => {
  const [, template] = FILES.find(([path]) => path.endsWith('collect-steps.yml')) ?? [];
  const script = stepsOf(template ?? {})[0]?.bash ?? '';

  it.each([
    ['none', { runs: [], artifacts: { 7: [] } }, []],
    ['this run tried again', { runs: [6], artifacts: { 7: ['s.1', 's.2'], 6: ['s.9'] } }, ['7', 's.2']],
    ['a run before', { runs: [6, 5], artifacts: { 7: [], 6: ['drop'], 5: ['s.2', 's.10'] } }, ['5', 's.10']],
    ['another state', { runs: [6], artifacts: { 7: ['s-north.1'], 6: ['s.north.1', 's.'] } }, []],
  ])('finds the newest one: %s', (_, { runs, artifacts }, found) => {
    expect(lookUp(runs, artifacts)).toEqual({ status: 0, found });
  });

  it('ends the job where Azure DevOps does not answer', () => {
    expect(lookUp('broken', {})).toEqual({ status: 22, found: [] });
  });

  /** Runs the script with a curl that answers from a folder. */
  function lookUp(
    runs: readonly number[] | 'broken',
    artifacts: Readonly<Record<string, readonly string[]>>,
  ) {
    const folder = mkdtempSync(join(tmpdir(), 'look-up-'));
    const value = (list: readonly object[]) => JSON.stringify({ value: list });
    if (runs !== 'broken') writeFileSync(join(folder, 'builds'), value(runs.map((id) => ({ id }))));
    for (const [run, names] of Object.entries(artifacts))
      writeFileSync(join(folder, `artifacts-${run}`), value(names.map((name) => ({ name }))));
    const answer = [
      '#!/bin/bash',
      `for given in "$@"; do case $given in`,
      `  https://api/builds/*/artifacts) run=\${given#https://api/builds/}; exec cat "${folder}/artifacts-\${run%/artifacts}" ;;`,
      `  https://api/builds) [[ -f "${folder}/builds" ]] || exit 22; exec cat "${folder}/builds" ;;`,
      `esac; done; exit 3`,
    ];
    writeFileSync(join(folder, 'curl'), answer.join('\n'));
    chmodSync(join(folder, 'curl'), 0o755);
    const { status, stdout } = spawnSync('bash', ['--noprofile', '--norc', '-c', script], {
      encoding: 'utf8',
      env: {
        PATH: `${folder}:${process.env.PATH}`,
        ...{ TOKEN: 'synthetic', API: 'https://api/builds', PIPELINE: '1', BRANCH: 'refs/heads/main' },
        ...{ RUN: '7', STATE: 's', DIR: join(folder, 'state') },
      },
    });
    rmSync(folder, { recursive: true, force: true });
    const found = [...stdout.matchAll(/^##vso\[task\.setvariable variable=\w+\](.*)$/gm)];
    return { status, found: found.map(([, text]) => text) };
  }
});
