import { ALERT_FACTS } from './arm-alert-facts.ts';
import { RESOURCE_FACTS, type ResourceFact } from './arm-facts.ts';

export interface Resource {
  readonly type?: unknown;
  readonly apiVersion?: unknown;
}

/** What every resource may have, whatever its type. */
const COMMON = ['type', 'apiVersion', 'condition', 'dependsOn', 'comments'];

/** What Azure would refuse of a resource, or leave out without a word. */
export function resourceFaults(resource: Resource): string[] {
  const type = String(resource.type);
  const fact = factOf(type);
  if (fact === undefined) return [`${type} is not known`];
  const faults: string[] = [];
  if (!fact.versions.includes(String(resource.apiVersion))) faults.push(`${type} ${resource.apiVersion}`);
  const found = new Map<string, unknown[]>();
  for (const [path, value] of leavesOf(resource, '')) found.set(path, [...(found.get(path) ?? []), value]);
  const known = [...fact.allowed, ...COMMON];
  for (const path of found.keys()) if (!allows(known, path)) faults.push(`${path} is no property`);
  for (const path of fact.required)
    if (![...found.keys()].some((each) => each === path || each.startsWith(`${path}.`)))
      faults.push(`${path} is missing`);
  for (const [path, values] of Object.entries(fact.values ?? {}))
    for (const value of found.get(path) ?? [])
      if (!values.includes(value)) faults.push(`${path} is ${String(value)}`);
  for (const [path, { least, most, or }] of Object.entries(fact.ranges ?? {}))
    for (const value of found.get(path) ?? [])
      if (typeof value === 'number' && value !== or && (value < least || value > most))
        faults.push(`${path} is ${value}`);
  return faults;
}

export function factOf(type: string): ResourceFact | undefined {
  return RESOURCE_FACTS[type] ?? ALERT_FACTS[type];
}

function allows(known: readonly string[], path: string): boolean {
  return known.some(
    (each) =>
      each === path ||
      (each.endsWith('.*') && (path === each.slice(0, -2) || path.startsWith(each.slice(0, -1)))),
  );
}

/** Every value with its path; an empty object or list is one, null stands for no value at all. */
function* leavesOf(value: unknown, path: string): Generator<[string, unknown]> {
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) {
    if (value.length === 0) yield [path, value];
    for (const entry of value) yield* leavesOf(entry, path);
    return;
  }
  if (typeof value !== 'object') {
    yield [path, value];
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) yield [path, value];
  for (const [key, inner] of entries) yield* leavesOf(inner, path === '' ? key : `${path}.${key}`);
}
