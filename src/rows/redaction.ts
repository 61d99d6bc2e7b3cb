import { COLUMNS } from './columns.ts';
import { depthOfProperty, THINGS } from './people.ts';
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

/** Takes out of a row what is not to leave. The row itself is altered, the values in it are not. */
export type Redact = (row: Row, truncations: Truncations) => Row;

/** @returns undefined where everything may leave */
export function redactionOf({ pseudonymKey, omitColumns }: Privacy): Redact | undefined {
  const steps = [
    ...(omitColumns.size === 0 ? [] : [omission(omitColumns)]),
    ...(pseudonymKey === undefined ? [] : [pseudonymisation(new Pseudonyms(pseudonymKey))]),
  ];
  if (steps.length === 0) return undefined;
  return (row, truncations) => steps.reduce((left, step) => step(left, truncations), row);
}

const ADDITIONAL = 'AdditionalFields';

function omission(names: ReadonlySet<string>): Redact {
  const columns = COLUMNS.filter(({ name }) => names.has(name));
  // A value that does not fit its column stands among the additional ones, under the name of its property.
  const properties = new Set([
    ...columns.flatMap(({ from }) => from),
    ...[...names].filter((name) => name.startsWith(`${ADDITIONAL}.`)).map((name) => name.slice(17)),
  ]);
  return (row) => {
    for (const { name } of columns) delete row[name];
    const additional = row[ADDITIONAL];
    if (typeof additional !== 'object' || additional === null) return row;
    const kept = Object.entries(additional).filter(([property]) => !properties.has(property));
    if (kept.length === 0) delete row[ADDITIONAL];
    else row[ADDITIONAL] = Object.fromEntries(kept);
    return row;
  };
}

const GUID = /^\s*[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\s*$/i;
/** Whom workspace records name, and no person. */
const NOBODY = 'ServicePrincipal';
/** The table is searched by the event's id (see `proof` in the inputs); the other is a time always. */
const KEPT: ReadonlySet<string> = new Set(['ActivityId', 'TimeGenerated']);
const DEPTHS = new Map(COLUMNS.map(({ name }) => [name, depthOfProperty(name)]));

function pseudonymisation(pseudonyms: Pseudonyms): Redact {
  let cut = 0;
  const people = new PeopleInValues(pseudonyms, () => {
    cut += 1;
  });
  return (row, truncations) => {
    cut = 0;
    const { UserId } = row;
    const app = typeof UserId === 'string' && (UserId === NOBODY || GUID.test(UserId)) ? UserId : undefined;
    for (const column of Object.keys(row)) {
      const value = row[column];
      if (KEPT.has(column) || (app !== undefined && isOfApp(column, value, app))) continue;
      row[column] =
        column === ADDITIONAL && typeof value === 'object' && value !== null
          ? people.fields(value, depthOfProperty)
          : people.value(value, DEPTHS.get(column) ?? THINGS);
    }
    truncations.values += cut;
    truncations.rows += cut === 0 ? 0 : 1;
    return row;
  };
}

/** An app is no person: its id stays, also where it stands for the key. */
function isOfApp(column: string, value: unknown, app: string): boolean {
  if (column === 'UserId') return true;
  return column === 'UserKey' && typeof value === 'string' && value.toLowerCase() === app.toLowerCase();
}
