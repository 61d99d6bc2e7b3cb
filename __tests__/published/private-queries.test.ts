/** docs/privacy.md says which queries keep their answers when people are pseudonyms: those about people are run on both. */
import { describe, expect, it } from '@jest/globals';
import { evaluate, type Workspace } from '../../emulator/kusto/evaluate.ts';
import { INGESTED } from '../../emulator/kusto/scope.ts';
import type { Column, Type, Value } from '../../emulator/kusto/values.ts';
import { eventsOfHour } from '../../emulator/tenant/events.ts';
import { bindQuery, FUNCTION_NAME, functionParameters, readQueries } from '../../infra/generate/queries.ts';
import { kqlTables } from '../../infra/generate/schema.ts';
import type { ActivityEvent } from '../../src/rows/event.ts';
import { mapEvent, type Row, rowJson } from '../../src/rows/map.ts';
import { Pseudonyms } from '../../src/rows/pseudonyms.ts';
import { redactionOf } from '../../src/rows/redaction.ts';

const KEY = 'synthetic key of more than 32 characters';
const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-21T12:00:00Z');
const queries = readQueries();
const saved = queries.get(FUNCTION_NAME);

const EVENTS: ActivityEvent[] = [
  ...eventsOfHour(NOW - 3 * HOUR, 50, 3),
  ...eventsOfHour(NOW - 60 * HOUR, 50, 3),
  ...['eve@partner.test', 'bo@example.test', 'ana_home.test#EXT#@tenant.onmicrosoft.test'].map((to, at) => ({
    Id: `share-${at}`,
    CreationTime: '2026-11-21T10:00:00',
    Operation: 'ShareReport',
    UserId: 'ana@example.test',
    UserType: 0,
    SharingInformation: [{ RecipientEmail: to }],
  })),
];

function workspaceOf(pseudonymKey: string | undefined): Workspace {
  const redact = redactionOf({ pseudonymKey, omitColumns: new Set() });
  const sent = EVENTS.map((event) => {
    const at = Date.parse(`${String(event.CreationTime).slice(0, 19)}Z`);
    return JSON.parse(rowJson(mapEvent(event, at, 'power-bi', NOW), { values: 0, rows: 0 }, redact)) as Row;
  });
  const tables = Object.entries(kqlTables()).map(([name, schema]) => {
    const columns: Column[] = [
      ...schema
        .replace(/^\(|\)$/g, '')
        .split(',')
        .map((part) => part.split(':').map((text) => text.trim()))
        .map(([column = '', type = '']) => ({ name: column, type: type as Type })),
      { name: INGESTED, type: 'datetime' },
    ];
    const rows =
      name === 'FabricUserActivity_CL' ? sent.map((row) => columns.map((one) => stored(row, one))) : [];
    return [name, { columns, rows }] as const;
  });
  if (saved === undefined) throw new Error('no function');
  const functions = [{ name: FUNCTION_NAME, parameters: functionParameters(saved), body: saved.body }];
  return { tables: new Map(tables), functions };
}

function stored(row: Row, { name, type }: Column): Value {
  const value = row[name === INGESTED ? 'TimeGenerated' : name];
  if (value === undefined) return type === 'string' ? '' : null;
  if (type !== 'datetime') return value as Value;
  return Date.parse(`${String(value).slice(0, 19)}Z`);
}

const [clear, keyed] = [workspaceOf(undefined), workspaceOf(KEY)];
const answer = (text: string, workspace: Workspace) => evaluate(text, workspace, NOW);

describe('with a pseudonym key', () => {
  // Those that count, compare or list people; the others don't look at them.
  const asWithout = [
    ...['external-sharing', 'leaver-copying', 'mass-export', 'permission-changes', 'service-principals'],
    ...['top-users', 'totals', 'unusual-user'],
  ];

  it.each(asWithout)('%s finds as many', (name) => {
    const text = queries.get(name)?.text ?? '';
    const [before, after] = [answer(text, clear), answer(text, keyed)];
    expect(after.columns).toEqual(before.columns);
    expect([...after.rows]).toHaveLength([...before.rows].length);
  });

  it('what one person did is found by the pseudonym', () => {
    const query = queries.get('user-activity');
    if (query === undefined) throw new Error('no query');
    const upn = String(EVENTS[0]?.UserId);
    const asked = (user: string) => bindQuery(query, { User: JSON.stringify(user) });
    const before = [...answer(asked(upn), clear).rows];
    expect(before.length).toBeGreaterThan(0);
    expect([...answer(asked(upn), keyed).rows]).toEqual([]);
    expect([...answer(asked(new Pseudonyms(KEY).of(upn)), keyed).rows]).toHaveLength(before.length);
  });

  it('sharing outside is found by the domain', () => {
    const { rows, columns } = answer(queries.get('external-sharing')?.text ?? '', keyed);
    const at = columns.findIndex(({ name }) => name === 'RecipientEmail');
    // What is published to the web has no recipient.
    const recipients = [...rows].map((row) => String(row[at])).filter((recipient) => recipient !== '');
    expect(recipients.map((recipient) => recipient.replace(/^p-[0-9a-f]{32}@/, '')).sort()).toEqual([
      'partner.test',
      'tenant.onmicrosoft.test',
    ]);
  });
});
