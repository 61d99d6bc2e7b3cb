/**
 * What a task.json has to be, by the schema of azure-pipelines-task-lib (tasks.schema.json) and by what tfx-cli and agents
 * check. The schema itself lets an empty object pass.
 */
type Json = Readonly<Record<string, unknown>>;

const KEYS = {
  task: [
    ...[
      '$schema',
      'id',
      'name',
      'friendlyName',
      'description',
      'helpUrl',
      'helpMarkDown',
      'author',
      'category',
    ],
    ...['visibility', 'runsOn', 'demands', 'minimumAgentVersion', 'version', 'instanceNameFormat', 'groups'],
    ...['inputs', 'outputVariables', 'restrictions', 'execution', 'prejobexecution', 'postjobexecution'],
    ...[
      'messages',
      'releaseNotes',
      'preview',
      'deprecated',
      'showEnvironmentVariables',
      'dataSourceBindings',
    ],
  ],
  input: [
    ...['name', 'aliases', 'label', 'type', 'defaultValue', 'required', 'helpMarkDown', 'groupName'],
    ...['visibleRule', 'options', 'properties'],
  ],
  group: ['name', 'displayName', 'isExpanded', 'visibleRule'],
  output: ['name', 'description'],
  restrictions: ['commands', 'settableVariables'],
  handler: ['target', 'argumentFormat', 'workingDirectory', 'platforms'],
} as const;

const NEEDED = [
  ...['id', 'name', 'friendlyName', 'description', 'author', 'category', 'version', 'instanceNameFormat'],
  ...['inputs', 'execution', 'minimumAgentVersion', 'helpMarkDown'],
];
const TYPES =
  /^(?:string|boolean|multiLine|filePath|pickList|radio|secureFile|int|identities|querycontrol|connectedService:[\w:]+)$/;
const NAME = /^[A-Za-z][A-Za-z0-9]*$/;

/** @returns what is wrong with it, nothing where all is well */
export function taskFaults(task: Json): string[] {
  const inputs = list(task.inputs);
  const groups = list(task.groups).map(({ name }) => name);
  const missing = NEEDED.filter((key) => task[key] === undefined).map(
    (key) => `${key}: expected, got nothing`,
  );
  return [
    ...missing,
    ...unknownKeys('task', task, KEYS.task),
    ...fault(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(String(task.id)), 'id: expected a GUID'),
    ...fault(/^[A-Za-z0-9-]+$/.test(String(task.name)), 'name: expected letters, digits and hyphens'),
    ...fault(String(task.friendlyName).length <= 40, 'friendlyName: expected 40 characters at the most'),
    ...fault(
      /^\d+\.\d+(?:\.\d+)?$/.test(String(task.minimumAgentVersion)),
      'minimumAgentVersion: expected a version',
    ),
    ...fault(
      ['Major', 'Minor', 'Patch'].every((part) => Number.isInteger(object(task.version)[part])),
      'version: expected Major, Minor and Patch, whole numbers',
    ),
    ...inputs.flatMap((input) => inputFaults(input, groups)),
    ...repeated(inputs),
    ...list(task.groups).flatMap((group) => unknownKeys('group', group, KEYS.group)),
    ...list(task.outputVariables).flatMap((output) => [
      ...unknownKeys('output', output, KEYS.output),
      ...fault(NAME.test(String(output.name)), `output ${output.name}: expected letters and digits`),
    ]),
    ...unknownKeys('restrictions', object(task.restrictions), KEYS.restrictions),
    ...Object.entries(object(task.execution)).flatMap(([name, handler]) => [
      ...fault(/^Node(?:\d+(?:_\d+)?)?$|^PowerShell3?$/.test(name), `execution: ${name} is no handler`),
      ...unknownKeys(name, object(handler), KEYS.handler),
      ...fault(typeof object(handler).target === 'string', `${name}: expected a target`),
    ]),
  ];
}

function inputFaults(input: Json, groups: readonly unknown[]): string[] {
  const { name, label, type, defaultValue, groupName, options } = input;
  return [
    ...unknownKeys(`input ${name}`, input, KEYS.input),
    ...fault(NAME.test(String(name)), `input ${name}: expected letters and digits`),
    ...fault(typeof label === 'string' && label !== '', `input ${name}: expected a label`),
    ...fault(TYPES.test(String(type)), `input ${name}: ${type} is no type`),
    // An empty filePath arrives as the sources folder.
    ...fault(type !== 'filePath', `input ${name}: expected another type than filePath`),
    ...fault(
      ['undefined', 'string', 'boolean'].includes(typeof defaultValue),
      `input ${name}: expected a default that is text`,
    ),
    ...fault(groupName === undefined || groups.includes(groupName), `input ${name}: no group ${groupName}`),
    ...fault((type === 'pickList') === (options !== undefined), `input ${name}: options are of a pickList`),
  ];
}

function repeated(inputs: readonly Json[]): string[] {
  // An agent makes environment variables of the names, in upper case.
  const names = inputs.map(({ name }) => String(name).toUpperCase());
  return names.filter((name, at) => names.indexOf(name) < at).map((name) => `input ${name}: there twice`);
}

function unknownKeys(what: string, found: Json, known: readonly string[]): string[] {
  return Object.keys(found)
    .filter((key) => !known.includes(key))
    .map((key) => `${what}: ${key} is not known`);
}

function fault(isWell: boolean, text: string): string[] {
  return isWell ? [] : [text];
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(object) : [];
}
