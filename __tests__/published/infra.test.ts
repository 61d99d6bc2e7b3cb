/** The templates are held against what Azure publishes of its resources: none can be deployed from a test. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { resourceFaults } from '../../infra/generate/arm-check.ts';
import { evaluate, FUNCTIONS, resolved } from '../../infra/generate/arm-evaluate.ts';
import { callsIn, type Expression, parseExpression } from '../../infra/generate/arm-expression.ts';
import { RESERVED_COLUMNS } from '../../infra/generate/arm-facts.ts';
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
  readonly parameters: Record<string, Declared>;
  readonly variables?: Record<string, unknown>;
  readonly resources: readonly Resource[];
  readonly outputs?: Record<string, { readonly type: string; readonly value: unknown }>;
}

interface Declared {
  readonly type: string;
  readonly defaultValue?: unknown;
  readonly allowedValues?: readonly unknown[];
  readonly minValue?: number;
  readonly maxValue?: number;
}

/** A template and where it stands: nested ones have parameters of their own. */
interface Placed {
  readonly path: string;
  readonly template: Template;
}

const PATHS = ['azuredeploy', 'alerts', 'query-pack', 'workbook-template', 'sentinel'].map(
  (name) => `infra/${name}.json`,
);
const main = read<Template>('infra/azuredeploy.json');
const nested = nestedIn(main)[0];
const reader = resource(nested, 'Microsoft.Authorization/roleAssignments');
const placed: Placed[] = PATHS.flatMap((path) => {
  const template = read<Template>(path);
  return [
    { path, template },
    // A nested template is handed only what the outer one lets through.
    ...nestedIn(template).map((inner) => ({
      path: `${path} nested`,
      template: {
        ...inner,
        parameters: Object.fromEntries(
          Object.entries(inner.parameters).map(([name, own]) => [name, template.parameters[name] ?? own]),
        ),
      },
    })),
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
    expect(main.parameters.transformKql?.defaultValue).toBe('source');
  });
});

describe.each(placed.map(({ path, template }) => [path, template] as const))('%s', (_, template) => {
  it.each(settingsOf(template).map((values) => [JSON.stringify(values).slice(0, 100), values] as const))(
    'has only what its resources take, with %s',
    (_, values) => {
      for (const entry of deployed(template, values))
        expect([entry.name, resourceFaults(entry)]).toEqual([entry.name, []]);
    },
  );

  it('has only expressions that parse, of known functions, with every reference resolved', () => {
    for (const expression of expressionsOf(template)) {
      for (const call of callsIn(expression)) {
        expect(Object.keys(FUNCTIONS)).toContain(call.name);
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

describe('the check of resources', () => {
  const good = (type: string): Record<string, unknown> => {
    const found = placed
      .flatMap(({ template }) => deployed(template, { principalId: 'x' }))
      .find((entry) => entry.type === type);
    if (found === undefined) throw new Error(`Expected a resource of type ${type}.`);
    return structuredClone(found) as unknown as Record<string, unknown>;
  };

  it.each<[string, string, string, unknown]>([
    ['a misspelt property', 'Microsoft.Insights/scheduledQueryRules', 'properties.autoMitigated', true],
    [
      'a misspelt property in a list',
      'Microsoft.Insights/scheduledQueryRules',
      'properties.criteria.allOf.0.querry',
      'x',
    ],
    ['an unknown severity', 'Microsoft.Insights/scheduledQueryRules', 'properties.severity', 5],
    ['a window that is too long', 'Microsoft.Insights/scheduledQueryRules', 'properties.windowSize', 'P7D'],
    ['an unknown version', 'Microsoft.Insights/scheduledQueryRules', 'apiVersion', '2099-01-01'],
    ['a missing scope', 'Microsoft.Insights/metricAlerts', 'properties.scopes', undefined],
    [
      'an unknown aggregation',
      'Microsoft.Insights/metricAlerts',
      'properties.criteria.allOf.0.timeAggregation',
      'Sum',
    ],
    [
      'a retention of two days',
      'Microsoft.OperationalInsights/workspaces/tables',
      'properties.retentionInDays',
      2,
    ],
    [
      'a retention of too many days',
      'Microsoft.OperationalInsights/workspaces/tables',
      'properties.totalRetentionInDays',
      4384,
    ],
    [
      'an unknown type of column',
      'Microsoft.OperationalInsights/workspaces/tables',
      'properties.schema.columns.0.type',
      'text',
    ],
    [
      'a misspelt column property',
      'Microsoft.OperationalInsights/workspaces/tables',
      'properties.schema.columns.0.desc',
      'x',
    ],
    ['a property at the wrong level', 'Microsoft.Insights/dataCollectionRules', 'transformKql', 'source'],
    [
      'a misspelt flow',
      'Microsoft.Insights/dataCollectionRules',
      'properties.dataFlows.0.transformKQL',
      'source',
    ],
    ['an unknown kind', 'Microsoft.Insights/dataCollectionRules', 'kind', 'direct'],
    [
      'a misspelt function alias',
      'Microsoft.OperationalInsights/workspaces/savedSearches',
      'properties.functionalias',
      'x',
    ],
    [
      'a missing query',
      'Microsoft.OperationalInsights/workspaces/savedSearches',
      'properties.query',
      undefined,
    ],
    ['an unknown type', 'Microsoft.Insights/workbooks', 'type', 'Microsoft.Insights/workbook'],
    ['a wrong principal', 'Microsoft.Authorization/roleAssignments', 'properties.principalType', 'Servant'],
  ])('finds %s', (_, type, path, value) => {
    const resource = good(type);
    expect(resourceFaults(resource)).toEqual([]);
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const parent = keys.reduce<Record<string, unknown>>(
      (inner, key) => inner[key] as Record<string, unknown>,
      resource,
    );
    if (value === undefined) delete parent[last];
    else parent[last] = value;
    expect(resourceFaults(resource)).toHaveLength(1);
  });
});

describe('azuredeploy.json', () => {
  it('leaves no public endpoint open with private link', () => {
    const kinds = [true, false].map((privateLink) => {
      const rule = deployed(main, { privateLink }).find(({ type }) => type.endsWith('/dataCollectionRules'));
      return [
        (rule as { kind?: unknown } | undefined)?.kind,
        rule?.properties.dataCollectionEndpointId !== null,
      ];
    });
    expect(kinds).toEqual([
      [null, true],
      ['Direct', false],
    ]);
  });

  it.each([
    [0, -1],
    [3, -1],
    [4, 4],
    [730, 730],
  ])('turns a retention of %d days into %d', (days, expected) => {
    if (nested === undefined) throw new Error('Expected a nested template.');
    const tables = ['retentionInDays', 'totalRetentionInDays'].map((name) =>
      deployed(nested, { [name]: days, tablePlan: 'Analytics' }).find(({ type }) => type.endsWith('/tables')),
    );
    expect(tables[0]?.properties.retentionInDays).toBe(expected);
    expect(tables[1]?.properties.totalRetentionInDays).toBe(expected);
  });

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
  it('keeps Terraform from deleting the table', () => {
    expect(terraform('main.tf')).toMatch(/lifecycle \{\n {4}prevent_destroy = true\n {2}\}/);
  });

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

/** Values to try: the defaults, and one after the other the extreme ones of each parameter. */
function settingsOf(template: Template): Record<string, unknown>[] {
  const extremes = Object.entries(template.parameters).flatMap(
    ([name, { type, allowedValues, minValue, maxValue }]) => {
      const values =
        allowedValues ??
        (type === 'bool'
          ? [true, false]
          : type === 'int'
            ? [minValue, 0, 3, 4, maxValue]
            : type === 'array'
              ? [[], ['a.test']]
              : ['', 'x']);
      return values
        .filter(
          (value) =>
            value !== undefined && !(typeof value === 'number' && minValue !== undefined && value < minValue),
        )
        .map((value) => ({ [name]: value }));
    },
  );
  return [{}, ...extremes];
}

/** The resources as they are deployed with these values. */
function deployed(template: Template, values: Record<string, unknown>): Resource[] {
  const scope = { parameters: {} as Record<string, unknown>, variables: template.variables ?? {} };
  for (const [name, { type, defaultValue }] of Object.entries(template.parameters)) {
    const samples: Record<string, unknown> = { string: `some-${name}`, int: 30, bool: true, array: [] };
    scope.parameters[name] =
      name in values
        ? values[name]
        : defaultValue === undefined
          ? samples[type]
          : resolved(defaultValue, scope);
  }
  return template.resources
    .map((entry) => resolved(entry, scope) as Resource & { readonly condition?: boolean })
    .filter(({ condition }) => condition !== false);
}

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

/** Types that a resourceId may name: the template's own, and workspace and rule, which may exist already. */
function referable(template: Template): string[] {
  return [
    ...template.resources.map(({ type }) => type),
    'Microsoft.OperationalInsights/workspaces',
    'Microsoft.Insights/dataCollectionRules',
  ];
}

/** Type and names of a resourceId; what stands before the type is the resource group. */
function partsOf(call: Expression & { kind: 'call' }, template: Template): string[] {
  const parts = call.args.map((argument) => String(evaluate(argument, scopeOf(template))));
  const from = parts.findIndex((part) => part.includes('/'));
  // An extension resource names what it extends first.
  return parts.slice(call.name === 'extensionResourceId' ? from + 1 : from);
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
