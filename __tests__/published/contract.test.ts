/** Holds action.yml, the code and the README to the names that workflow authors rely on. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ActionError } from '../../src/errors.ts';
import { type Inputs, readInputs } from '../../src/inputs/inputs.ts';
import { conclude } from '../../src/report/conclusions.ts';
import { outputsOf } from '../../src/report/outputs.ts';
import { newRunRecord } from '../../src/report/run-record.ts';
import { INPUTS, OUTPUTS } from '../support/contract-names.ts';

const NOW = Date.parse('2026-11-20T12:34:56Z');
const INPUT_NAMES = INPUTS.map(({ name }) => name);

/** What a caller has to give at the least. */
const LEAST: Readonly<Record<string, string>> = {
  'tenant-id': 'tenant.example.test',
  'client-id': '00000000-0000-4000-8000-0000000000a1',
  'dcr-endpoint': 'activity-test.eastus-1.ingest.monitor.azure.com',
  'dcr-immutable-id': `dcr-${'0'.repeat(32)}`,
};

type Entry = Readonly<Record<string, string>>;

function textOf(file: string): string {
  return readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
}

/** A section of action.yml: name to properties. It keeps to `key: value` on one line, so no YAML parser is needed. */
function section(name: 'inputs' | 'outputs' | 'runs'): Map<string, Entry> {
  const entries = new Map<string, Record<string, string>>();
  const [, body = ''] = new RegExp(`^${name}:\\n((?: +.*\\n)+)`, 'm').exec(textOf('action.yml')) ?? [];
  let entry: Record<string, string> = {};
  for (const line of body.trimEnd().split('\n')) {
    const [, indent = '', key = '', value = ''] = /^( +)([\w-]+):(?: (.+))?$/.exec(line) ?? [];
    if (indent.length === 2) {
      entry = value === '' ? {} : { value: plain(value) };
      entries.set(key, entry);
    } else if (indent.length === 4) {
      entry[key] = plain(value);
    } else {
      throw new Error(`action.yml: a line of a form that this test does not read: ${line}`);
    }
  }
  return entries;
}

function plain(value: string): string {
  return value.startsWith('"') ? (JSON.parse(value) as string) : value;
}

function inputsFrom(given: Readonly<Record<string, string>>): Inputs {
  return readInputs((name) => given[name] ?? '', NOW);
}

describe('action.yml', () => {
  it('runs the bundle on Node 24', () => {
    expect(Object.fromEntries(section('runs'))).toEqual({
      using: { value: 'node24' },
      main: { value: 'dist/index.js' },
    });
    expect(textOf('action.yml')).toMatch(/^branding:\n {2}icon: \w/m);
  });

  it('declares the inputs, each with a description', () => {
    const inputs = section('inputs');
    expect([...inputs.keys()].sort()).toEqual([...INPUT_NAMES].sort());
    for (const { description } of inputs.values()) expect(description).toMatch(/\.$/);
  });

  it.each(INPUTS)('declares whether $name is required, and its default', ({ name, required, byDefault }) => {
    const entry = section('inputs').get(name);
    expect(entry?.required).toBe(String(required ?? false));
    expect(entry?.default).toBe(byDefault);
  });

  it('declares the outputs, each with a description', () => {
    const outputs = section('outputs');
    expect([...outputs.keys()].sort()).toEqual([...OUTPUTS].sort());
    for (const { description } of outputs.values()) expect(description).toMatch(/\.$/);
  });
});

describe('the code', () => {
  it('reads every input, and no other', () => {
    const asked = new Set<string>();
    const get = (name: string) => {
      asked.add(name);
      // Without it, nobody asks whether there is a token.
      return name === 'failure-issue' ? 'true' : '';
    };
    expect(() => readInputs(get, NOW)).toThrow(ActionError);
    expect([...asked].sort()).toEqual([...INPUT_NAMES].sort());
  });

  it('does something with every input that it reads', () => {
    const files = readdirSync(new URL('../../src', import.meta.url), { recursive: true, encoding: 'utf8' });
    const beyond = files.filter((file) => file.endsWith('.ts') && !/^inputs[\\/]/.test(file));
    const words = new Set(beyond.flatMap((file) => textOf(`src/${file}`).match(/\w+/g) ?? []));
    const fields = Object.keys(inputsFrom(LEAST));
    expect(fields.length).toBeGreaterThan(20);
    expect(fields.filter((field) => !words.has(field))).toEqual([]);
  });

  it('takes an input that is not given for its default', () => {
    const defaults = INPUTS.flatMap(({ name, byDefault }) =>
      byDefault === undefined ? [] : [[name, byDefault] as const],
    );
    expect(inputsFrom(LEAST)).toEqual(inputsFrom({ ...LEAST, ...Object.fromEntries(defaults) }));
  });

  it.each(Object.keys(LEAST))('requires %s', (name) => {
    expect(() => inputsFrom({ ...LEAST, [name]: ' ' })).toThrow(`${name}: expected`);
  });

  it('requires no client-id of a managed identity', () => {
    const inputs = inputsFrom({ ...LEAST, 'client-id': '', 'managed-identity': 'true' });
    expect(inputs.signIn).toEqual({ by: 'managed-identity', clientId: undefined });
  });

  it('sets every output, and no other, whatever has happened so far', () => {
    const record = newRunRecord(0);
    expect(Object.keys(outputsOf(record, conclude(record))).sort()).toEqual([...OUTPUTS].sort());
  });
});

/** The table of README.md that follows a heading: the names in a row's first cell, and the whole row. */
function readmeTable(heading: 'Inputs' | 'Outputs'): Map<string, string> {
  const [, part] =
    new RegExp(`^#+ ${heading}\\b.*\\n([\\s\\S]*?)(?=^#|(?![\\s\\S]))`, 'm').exec(textOf('README.md')) ?? [];
  const rows = (part ?? '').split('\n').filter((line) => /^\| *`/.test(line));
  if (rows.length === 0) {
    throw new Error(`README.md has no table below a heading "${heading}" with rows like "| \`name\` | … |"`);
  }
  return new Map(
    rows.flatMap((row) => {
      const cell = row.split('|')[1] ?? '';
      return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']): [string, string] => [name, row]);
    }),
  );
}

describe('README.md', () => {
  it('has a table of the inputs, with what is required and the defaults', () => {
    const rows = readmeTable('Inputs');
    expect([...rows.keys()].sort()).toEqual([...INPUT_NAMES].sort());
    for (const { name, required, byDefault } of INPUTS) {
      if (required) expect(rows.get(name)).toMatch(/required/i);
      if (byDefault !== undefined) expect(rows.get(name)).toContain(`\`${byDefault}\``);
    }
  });

  it('has a table of the outputs', () => {
    expect([...readmeTable('Outputs').keys()].sort()).toEqual([...OUTPUTS].sort());
  });
});
