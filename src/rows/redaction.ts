import { COLUMNS } from './columns.ts';
import { depthOfProperty, THINGS, WHO } from './people.ts';
import { PeopleInValues } from './people-in-values.ts';
import { Pseudonyms } from './pseudonyms.ts';
import type { Truncations } from './truncate.ts';

/** What of the rows is not to leave the runner. */
export interface Privacy {
  readonly pseudonymKey: string | undefined;
  /** Columns by name, and `AdditionalFields.NAME`. */
  readonly omitColumns: ReadonlySet<string>;
}

type Row = Record<string, unknown>;

/** Takes out of a row what is not to leave; the row itself is altered, the values in it are not. @returns its JSON */
export type Redact = (row: Row, truncations: Truncations) => string;

/** @returns undefined where everything may leave */
export function redactionOf({ pseudonymKey, omitColumns }: Privacy): Redact | undefined {
  const omit = omitColumns.size === 0 ? undefined : omission(omitColumns);
  const replace = pseudonymKey === undefined ? undefined : pseudonymisation(new Pseudonyms(pseudonymKey));
  if (omit === undefined && replace === undefined) return undefined;
  return (row, truncations) => {
    omit?.(row);
    return replace === undefined ? JSON.stringify(row) : replace(row, truncations);
  };
}

const ADDITIONAL = 'AdditionalFields';

function omission(names: ReadonlySet<string>): (row: Row) => void {
  const columns = COLUMNS.filter(({ name }) => names.has(name));
  // A value that does not fit its column stands among the additional ones, under the name of its property.
  const properties = new Set([
    ...columns.flatMap(({ from }) => from),
    ...[...names].filter((name) => name.startsWith(`${ADDITIONAL}.`)).map((name) => name.slice(17)),
  ]);
  return (row) => {
    for (const { name } of columns) delete row[name];
    const additional = row[ADDITIONAL];
    if (!isObject(additional)) return;
    const kept = Object.entries(additional).filter(([property]) => !properties.has(property));
    if (kept.length === 0) delete row[ADDITIONAL];
    else row[ADDITIONAL] = Object.fromEntries(kept);
  };
}

const GUID = /^\s*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\s*$/i;
/** Whom workspace records name, and no person. */
const NOBODY = 'ServicePrincipal';
/** Replaced already, or what the table is searched by. */
const KEPT: ReadonlySet<string> = new Set(['ActivityId', 'UserId', ADDITIONAL]);
const WHO_COLUMNS = COLUMNS.map(({ name }) => name).filter((name) => depthOfProperty(name) === WHO);

function pseudonymisation(pseudonyms: Pseudonyms): Redact {
  let cut = 0;
  const people = new PeopleInValues(pseudonyms, () => {
    cut += 1;
  });
  return (row, truncations) => {
    cut = 0;
    people.isThorough = false;
    const { UserId, [ADDITIONAL]: additional } = row;
    const app = typeof UserId === 'string' && isApp(UserId) ? UserId : undefined;
    for (const column of WHO_COLUMNS) {
      const value = row[column];
      if (value !== undefined && !isOfApp(column, value, app)) row[column] = people.value(value, WHO);
    }
    if (isObject(additional)) {
      for (const name of Object.keys(additional)) {
        const value = additional[name];
        const depth = depthOfProperty(name);
        if (depth === WHO || isObject(value)) additional[name] = people.value(value, depth);
      }
    }
    let json = JSON.stringify(row);
    if (mayHoldMore(json)) {
      people.isThorough = true;
      for (const column of Object.keys(row))
        if (!KEPT.has(column)) row[column] = people.value(row[column], THINGS);
      if (isObject(additional)) row[ADDITIONAL] = people.fields(additional, depthOfProperty);
      json = JSON.stringify(row);
    }
    truncations.values += cut;
    truncations.rows += cut === 0 ? 0 : 1;
    return json;
  };
}

function isApp(userId: string): boolean {
  return userId === NOBODY || (!userId.includes('@') && GUID.test(userId));
}

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}

/** An app is no person: its id stays, also where it stands for the key. */
function isOfApp(column: string, value: unknown, app: string | undefined): boolean {
  if (app === undefined) return false;
  if (column === 'UserId') return true;
  return column === 'UserKey' && typeof value === 'string' && value.toLowerCase() === app.toLowerCase();
}

/**
 * Whether an address may still be in a row's texts, or JSON within a string. One look at the whole row, since to look at
 * each of its values would cost more than all the rest, and hardly any holds one.
 */
function mayHoldMore(json: string): boolean {
  if (json.includes('\\') || json.includes('%40')) return true;
  for (let at = json.indexOf('@'); at >= 0; at = json.indexOf('@', at + 1)) {
    if (!/^"p-[0-9a-f]{32}$/.test(json.slice(Math.max(at - 35, 0), at))) return true;
  }
  return false;
}
