/** The templates are held against what Azure publishes of its resources: none can be deployed from a test. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { callsIn, type Expression, evaluate, parseExpression } from '../../infra/generate/arm-expression.ts';
import { FUNCTIONS, RESERVED_COLUMNS, RESOURCE_FACTS } from '../../infra/generate/arm-facts.ts';
import { generatedFiles } from '../../infra/generate/files.ts';
import { kqlTables, STREAM, TABLE } from '../../infra/generate/schema.ts';
import { COLUMNS } from '../../src/rows/columns.ts';

interface Resource {
  readonly type: string;
  readonly apiVersion: string;
  readonly name: string;
  readonly dependsOn?: readonly string[];
  readonly properties: Record<string, unknown>;
}

interface Template {
  readonly parameters: Record<string, { readonly type: string; readonly defaultValue?: unknown }>;
  readonly variables?: Record<string, unknown>;
  readonly resources: readonly Resource[];
  readonly outputs?: Record<string, { readonly type: string; readonly value: unknown }>;
}

/** A template and where it stands: nested ones have parameters of their own. */
interface Placed {
  readonly path: string;
  readonly template: Template;
}

const PATHS = ['azuredeploy', 'alerts', 'query-pack', 'workbook-template'].map(
  (name) => `infra/${name}.json`,
);
const main = read<Template>('infra/azuredeploy.json');
const nested = nestedIn(main)[0];
const reader = resource(nested, 'Microsoft.Authorization/roleAssignments');
const placed: Placed[] = PATHS.flatMap((path) => {
  const template = read<Template>(path);
  return [
    { path, template },
    ...nestedIn(template).map((inner) => ({ path: `${path} nested`, template: inner })),
  ];
});

describe('generated files', () => {
  it.each([...generatedFiles()])('%s is as npm run infra writes it', (path, text) => {
    expect(existsSync(url(path))).toBe(true);
    expect(readFileSync(url(path), 'utf8')).toBe(text);
  });
});

describe('columns', () => {
  const declared = COLUMNS.map(({ name, type }) => [name, type]);
  const rule = resource(main, 'Microsoft.Insights/dataCollectionRules');
  const table = resource(nested, 'Microsoft.OperationalInsights/workspaces/tables');

  it('are the same in the stream, TimeGenerated first', () => {
    const streams = rule.properties.streamDeclarations as Record<string, { columns: Column[] }>;
    expect(Object.keys(streams)).toEqual([STREAM]);
    expect(namesAndTypes(streams[STREAM]?.columns)).toEqual(declared);
    expect(declared[0]?.[0]).toBe('TimeGenerated');
  });

  it('are the same in the table', () => {
    const schema = table.properties.schema as { name: string; columns: Column[] };
    expect(schema.name).toBe(TABLE);
    expect(namesAndTypes(schema.columns)).toEqual(declared);
  });

  it('are the same in the schema that the queries are analysed against', () => {
    const schema = kqlTables()[TABLE] ?? '';
    const columns = [...schema.matchAll(/(\w+): (\w+)/g)].map(([, name, type]) => [
      name,
      type === 'bool' ? 'boolean' : type,
    ]);
    expect(columns.slice(0, declared.length)).toEqual(declared);
  });

  it('have names that a table may have', () => {
    const reserved = RESERVED_COLUMNS.map((name) => name.toLowerCase());
    for (const { name } of COLUMNS) {
      expect(name).toMatch(/^[A-Za-z]\w{1,44}$/);
      expect(reserved).not.toContain(name.toLowerCase());
    }
  });

  it('flow from the stream to the table', () => {
    const [flow] = rule.properties.dataFlows as Record<string, unknown>[];
    const { logAnalytics } = rule.properties.destinations as { logAnalytics: { name: string }[] };
    expect(flow).toMatchObject({ streams: [STREAM], outputStream: `Custom-${TABLE}` });
    expect(flow?.destinations).toEqual(logAnalytics.map(({ name }) => name));
    expect(rule).toMatchObject({ kind: 'Direct' });
    expect(main.parameters.transformKql?.defaultValue).toBe('source');
  });
});

describe.each(placed.map(({ path, template }) => [path, template] as const))('%s', (_, template) => {
  it('has only resources of known type and version with all that they demand', () => {
    for (const entry of template.resources) {
      const fact = RESOURCE_FACTS[entry.type];
      expect([entry.type, fact === undefined]).toEqual([entry.type, false]);
      expect(fact?.versions).toContain(entry.apiVersion);
      for (const path of fact?.required ?? []) {
        expect([entry.name, path, at(entry, path) === undefined]).toEqual([entry.name, path, false]);
      }
      for (const [path, values] of Object.entries(fact?.values ?? {}))
        expect(values).toContain(at(entry, path));
    }
  });

  it('has only expressions that parse, of known functions, with every reference resolved', () => {
    for (const expression of expressionsOf(template)) {
      for (const call of callsIn(expression)) {
        expect(FUNCTIONS).toContain(call.name);
        const [first] = call.args;
        const name = first?.kind === 'value' ? String(first.value) : '';
        if (call.name === 'parameters') expect(Object.keys(template.parameters)).toContain(name);
        if (call.name === 'variables') expect(Object.keys(template.variables ?? {})).toContain(name);
        if (call.name === 'resourceId') expect(referable(template)).toContain(partsOf(call, template)[0]);
      }
    }
  });

  it('uses every parameter and variable that it declares', () => {
    const used = new Set(
      expressionsOf(template)
        .flatMap((expression) => [...callsIn(expression)])
        .filter(({ name }) => name === 'parameters' || name === 'variables')
        .map(({ args: [first] }) => (first?.kind === 'value' ? first.value : '')),
    );
    const declared = [...Object.keys(template.parameters), ...Object.keys(template.variables ?? {})];
    expect(declared.filter((name) => !used.has(name))).toEqual([]);
  });

  it('waits only for resources of its own', () => {
    const own = template.resources.map((entry) => [entry.type, ...nameOf(entry, template)].join('/'));
    for (const entry of template.resources) {
      for (const text of entry.dependsOn ?? []) {
        const expression = parseExpression(text);
        if (expression?.kind !== 'call') throw new Error(`Expected a resourceId, got ${text}.`);
        expect(own).toContain(partsOf(expression, template).join('/'));
      }
    }
  });
});

describe('azuredeploy.json', () => {
  it('hands to the nested deployment what it declares', () => {
    const deployment = resource(main, 'Microsoft.Resources/deployments');
    expect(Object.keys(deployment.properties.parameters as object)).toEqual(
      Object.keys(nested?.parameters ?? {}),
    );
    for (const [name, { type }] of Object.entries(nested?.parameters ?? {})) {
      expect(main.parameters[name]?.type).toBe(type);
    }
  });

  it('gives outputs that the action takes as inputs', () => {
    const inputs = readFileSync(url('action.yml'), 'utf8');
    const value = main.outputs?.actionInputs?.value as Record<string, string>;
    expect(Object.keys(value)).toEqual(['dcr-endpoint', 'dcr-immutable-id', 'stream-name', 'workspace-id']);
    for (const name of Object.keys(value)) expect(inputs).toContain(`\n  ${name}:\n`);
    expect(inputs).toContain(`default: ${value['stream-name']}`);
    expect(main.outputs?.dcrEndpoint?.value).toBe(value['dcr-endpoint']);
    expect(main.outputs?.dcrImmutableId?.value).toBe(value['dcr-immutable-id']);
    expect(main.outputs?.streamName?.value).toBe(value['stream-name']);
    expect(main.outputs?.workspaceId?.value).toBe(value['workspace-id']);
  });

  it('gives as workspace-id the id that queries go by, which is not the resource id', () => {
    expect(main.outputs?.workspaceId?.value).toMatch(
      /^\[reference\(variables\('workspaceId'\), '[\d-]+'\)\.customerId\]$/,
    );
  });

  it('grants Monitoring Metrics Publisher on the rule and nothing else there', () => {
    const roles = main.resources.filter(({ type }) => type.endsWith('/roleAssignments'));
    expect(roles).toHaveLength(1);
    expect(main.variables?.publisherRole).toBe('3913510d-42f4-4e42-8a64-420c390055eb');
    expect(roles[0]).toMatchObject({
      scope: "[resourceId('Microsoft.Insights/dataCollectionRules', parameters('ruleName'))]",
    });
  });

  it('grants reading only where it is asked for', () => {
    expect(main.parameters.allowReadBack).toMatchObject({ type: 'bool', defaultValue: false });
    expect(reader).toMatchObject({
      condition: "[and(parameters('allowReadBack'), not(empty(parameters('principalId'))))]",
    });
  });

  it('grants Log Analytics Data Reader on the workspace, to the principal that sends', () => {
    const workspace = "resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))";
    expect(nested?.variables?.readerRole).toBe('3b03c2da-16b3-4a49-8834-0f8130efdd3b');
    expect(reader).toMatchObject({
      // Made of what it is for, so that a second deployment finds the assignment of the first.
      name: `[guid(${workspace}, parameters('principalId'), variables('readerRole'))]`,
      scope: `[${workspace}]`,
      dependsOn: [`[${workspace}]`],
      properties: { principalId: "[parameters('principalId')]", principalType: 'ServicePrincipal' },
    });
  });

  it('lets this reader see three tables and no other', () => {
    const { condition, conditionVersion } = reader.properties;
    const is = (table: string) =>
      `@Resource[Microsoft.OperationalInsights/workspaces/tables:name] StringEquals '${table}'`;
    expect(conditionVersion).toBe('2.0');
    expect(condition).toBe(
      "((!(ActionMatches{'Microsoft.OperationalInsights/workspaces/tables/data/read'}))" +
        ` OR (${is(TABLE)} OR ${is('DCRLogErrors')} OR ${is('Operation')}))`,
    );
  });

  it('has the condition that docs/setup.md shows', () => {
    const setup = readFileSync(url('docs/setup.md'), 'utf8');
    const shown = [...setup.matchAll(/^```text\n([\s\S]*?)^```$/gm)].map(([, text = '']) => inOneLine(text));
    expect(shown).toContain(inOneLine(String(reader.properties.condition)));
  });

  it('sends the rule’s errors to DCRLogErrors', () => {
    const { logs } = resource(main, 'Microsoft.Insights/diagnosticSettings').properties;
    expect(logs).toEqual([{ category: 'LogErrors', enabled: true }]);
  });

  it('holds no more than a template may', () => {
    for (const path of PATHS) expect(readFileSync(url(path)).length).toBeLessThan(4_000_000);
    for (const { template } of placed) {
      for (const text of textsOf(template))
        if (parseExpression(text)) expect(text.length).toBeLessThan(24_576);
    }
  });

  it('has an example of parameters that exist', () => {
    const example = read<{ parameters: Record<string, unknown> }>('infra/azuredeploy.parameters.json');
    const needed = Object.entries(main.parameters).filter(
      ([, { defaultValue }]) => defaultValue === undefined,
    );
    expect(Object.keys(main.parameters)).toEqual(expect.arrayContaining(Object.keys(example.parameters)));
    expect(Object.keys(example.parameters)).toEqual(expect.arrayContaining(needed.map(([name]) => name)));
  });
});

describe('Bicep and Terraform', () => {
  it('hand on parameters and outputs that the template has', () => {
    const bicep = readFileSync(url('infra/main.bicep'), 'utf8');
    const params = [
      ...(/params: \{\n((?: {4}\w+: \w+\n)+) {2}\}/.exec(bicep)?.[1]?.matchAll(/(\w+):/g) ?? []),
    ];
    expect(params.length).toBeGreaterThan(2);
    for (const [, name] of params) expect(Object.keys(main.parameters)).toContain(name);
    for (const [, name] of bicep.matchAll(/outputs\.(\w+)/g))
      expect(Object.keys(main.outputs ?? {})).toContain(name);
    for (const [, file] of bicep.matchAll(/module \w+ '([^']+)'/g))
      expect(existsSync(url(`infra/${file}`))).toBe(true);
  });

  it('let reading back be chosen in both, and hand its workspace-id on', () => {
    const bicep = readFileSync(url('infra/main.bicep'), 'utf8');
    expect(bicep).toContain('\nparam allowReadBack bool = false\n');
    expect(bicep).toContain('\n    allowReadBack: allowReadBack\n');
    expect(bicep).toContain('\noutput workspaceId string = fabricActivity.outputs.workspaceId\n');
    expect(terraform('variables.tf')).toMatch(
      /^variable "allow_read_back" \{\n[^}]*type {8}= bool\n {2}default {5}= null\n\}/m,
    );
    expect(terraform('outputs.tf')).toContain('= local.outputs.workspaceId.value\n');
  });

  it('give Terraform every parameter of the template, each by a typed variable', () => {
    const text = terraform('main.tf');
    const block = /parameters = \{\n([\s\S]*?)\n {2}\}/.exec(text)?.[1] ?? '';
    const pairs = [...block.matchAll(/^ +(\w+) += var\.(\w+)$/gm)];
    expect(pairs.map(([, name]) => name).sort()).toEqual(Object.keys(main.parameters).sort());
    const variables = [...terraform('variables.tf').matchAll(/^variable "(\w+)" \{\n[\s\S]*?^\}/gm)];
    const types: Record<string, string> = { string: 'string', bool: 'bool', int: 'number' };
    for (const [, name = '', variable] of pairs) {
      const declared = variables.find(([, found]) => found === variable)?.[0] ?? '';
      expect(declared).toContain(`type        = ${types[main.parameters[name]?.type ?? '']}\n`);
    }
    const all = readdirSync(url('infra/terraform')).map(terraform).join('\n');
    const used = [...all.matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name);
    expect(new Set(used)).toEqual(new Set(variables.map(([, name]) => name)));
    for (const [, name] of terraform('outputs.tf').matchAll(/outputs\.(\w+)\.value/g)) {
      expect(Object.keys(main.outputs ?? {})).toContain(name);
    }
  });

  it.each(readdirSync(url('infra/terraform')))('%s is in the form of terraform fmt', (file) => {
    const lines = terraform(file).split('\n');
    expect(lines.filter((line) => /\t|\s$/.test(line))).toEqual([]);
    expect(lines.at(-1)).toBe('');
    let depth = 0;
    let signs: number[] = [];
    for (const line of lines) {
      depth -= /^\s*[}\])]/.test(line) ? 1 : 0;
      if (line !== '') expect([line, /^ */.exec(line)?.[0].length]).toEqual([line, depth * 2]);
      depth += /[{[(]$/.test(line) ? 1 : 0;
      // Neighbouring attributes have their signs below each other; a block or an empty line ends the run.
      const sign = /^\s*\w+ += \S/.test(line) && !/[{[(]$/.test(line) ? line.indexOf('= ') : -1;
      signs = sign === -1 ? [] : [...signs, sign];
      expect([line, new Set(signs).size]).toEqual([line, Math.min(signs.length, 1)]);
    }
    expect(depth).toBe(0);
  });
});

interface Column {
  readonly name: string;
  readonly type: string;
}

function namesAndTypes(columns: readonly Column[] | undefined): string[][] {
  return (columns ?? []).map(({ name, type }) => [name, type]);
}

function nestedIn(template: Template): Template[] {
  return template.resources
    .filter(({ type }) => type === 'Microsoft.Resources/deployments')
    .map(({ properties }) => properties.template as Template);
}

function resource(template: Template | undefined, type: string): Resource {
  const found = template?.resources.find((entry) => entry.type === type);
  if (found === undefined) throw new Error(`Expected a resource of type ${type}.`);
  return found;
}

/** Types that a resourceId may name: the template's own, the workspace, which may exist already, and the roles. */
function referable(template: Template): string[] {
  return [...template.resources.map(({ type }) => type), 'Microsoft.OperationalInsights/workspaces'];
}

/** Type and names of a resourceId; what stands before the type is the resource group. */
function partsOf(call: Expression & { kind: 'call' }, template: Template): string[] {
  const parts = call.args.map((argument) => String(evaluate(argument, scopeOf(template))));
  return parts.slice(parts.findIndex((part) => part.includes('/')));
}

function nameOf(entry: Resource, template: Template): string[] {
  const expression = parseExpression(entry.name);
  if (expression === undefined) return [entry.name];
  const made = [...callsIn(expression)].some(({ name }) => name === 'guid');
  return made ? ['(made)'] : String(evaluate(expression, scopeOf(template))).split('/');
}

/** Every parameter and variable stands for itself. */
function scopeOf(template: Template) {
  const names = (of: object | undefined) =>
    Object.fromEntries(Object.keys(of ?? {}).map((name) => [name, `<${name}>`]));
  return { parameters: names(template.parameters), variables: names(template.variables) };
}

/** The expressions of a template, those of a nested template left to it. */
function expressionsOf(template: Template): Expression[] {
  return textsOf(template).flatMap((text) => parseExpression(text) ?? []);
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === 'template' ? [] : textsOf(inner)));
}

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

/** White space aside, which a condition may have anywhere between its parts. */
function inOneLine(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/(?<=\() | (?=\))/g, '')
    .trim();
}

function terraform(file: string): string {
  return readFileSync(url(`infra/terraform/${file}`), 'utf8');
}

function url(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}

function read<T>(path: string): T {
  return JSON.parse(readFileSync(url(path), 'utf8')) as T;
}
