import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { COLUMNS } from '../../../src/rows/columns.ts';
import type { ActivityEvent } from '../../../src/rows/event.ts';
import { parseExactly } from '../../../src/rows/exact-json.ts';
import { mapEvent, type Row, rowJson } from '../../../src/rows/map.ts';
import { FIELD_LIMIT } from '../../../src/rows/truncate.ts';
import { parseInstant } from '../../../src/time/instant.ts';

const NOW = Date.parse('2026-11-20T12:34:56Z');

/** The row of an event as the service receives it, read back from its JSON. */
function received(event: ActivityEvent, source: 'power-bi' | 'fabric' | 'workspaces' = 'power-bi'): Row {
  const time = event.CreationTime;
  const createdAt = typeof time === 'string' ? parseInstant(time) : undefined;
  return JSON.parse(rowJson(mapEvent(event, createdAt, source, NOW), { values: 0, rows: 0 }, undefined));
}

describe('columns', () => {
  it('are the 28 that the notebook sent, and the ones beyond them', () => {
    expect(COLUMNS.filter(({ notebook }) => notebook).map(({ name }) => name)).toEqual([
      'TimeGenerated',
      'ActivityId',
      'RecordType',
      'CreationTime',
      'Operation',
      'OrganizationId',
      'UserType',
      'UserKey',
      'Workload',
      'UserId',
      'ClientIP',
      'UserAgent',
      'Activity',
      'ActivityType',
      'ItemName',
      'WorkspaceId',
      'WorkspaceName',
      'CapacityId',
      'CapacityName',
      'AppName',
      'ObjectId',
      'DatasetName',
      'ReportName',
      'ReportType',
      'RequestId',
      'AppReportId',
      'DistributionMethod',
      'ConsumptionMethod',
    ]);
    expect(COLUMNS.filter(({ notebook }) => !notebook).map(({ name }) => name)).toEqual([
      'IsSuccess',
      'ArtifactId',
      'ArtifactName',
      'ArtifactKind',
      'DatasetId',
      'ReportId',
      'SourceApi',
      'AdditionalFields',
    ]);
  });

  it('are text, but for times, IsSuccess and AdditionalFields', () => {
    const others = COLUMNS.filter(({ type }) => type !== 'string').map(({ name, type }) => [name, type]);
    expect(Object.fromEntries(others)).toEqual({
      TimeGenerated: 'datetime',
      CreationTime: 'datetime',
      IsSuccess: 'boolean',
      AdditionalFields: 'dynamic',
    });
  });

  it('have examples that are sent as they stand', () => {
    const event = Object.fromEntries(
      COLUMNS.flatMap(({ from, type, example }) =>
        from.slice(0, 1).map((property) => [property, type === 'boolean' ? example === 'true' : example]),
      ),
    );
    const row = received(event);
    for (const { name, type, from, example } of COLUMNS.filter((column) => column.from.length > 0)) {
      expect([name, from, row[name]]).toEqual([name, from, type === 'boolean' ? true : example]);
    }
    expect(row).not.toHaveProperty('AdditionalFields');
  });
});

describe('mapEvent', () => {
  const plain = COLUMNS.filter(({ from, type }) => from.length > 0 && type === 'string');

  it.each(plain.flatMap(({ name, from }) => from.map((property) => ({ column: name, property }))))(
    'fills $column from $property',
    ({ column, property }) => {
      expect(received({ [property]: 'some text' })).toEqual({
        TimeGenerated: '2026-11-20T12:34:56.000Z',
        SourceApi: 'power-bi',
        [column]: 'some text',
      });
    },
  );

  it.each(['power-bi', 'fabric', 'workspaces'] as const)('says that the row is from %s', (source) => {
    expect(received({}, source).SourceApi).toBe(source);
  });

  it.each([
    ['a number for text', { RecordType: 20 }, 'RecordType', '20'],
    ['zero for text', { UserType: 0 }, 'UserType', '0'],
    ['a boolean for text', { ReportType: true }, 'ReportType', 'true'],
    ['empty text', { ItemName: '' }, 'ItemName', ''],
    ['true', { IsSuccess: true }, 'IsSuccess', true],
    ['false', { IsSuccess: false }, 'IsSuccess', false],
    ['the word True', { IsSuccess: 'True' }, 'IsSuccess', true],
    ['the word false', { IsSuccess: 'false' }, 'IsSuccess', false],
    ['a time with Z', { CreationTime: '2026-11-20T07:55:15Z' }, 'CreationTime', '2026-11-20T07:55:15Z'],
    ['a time without', { CreationTime: '2026-11-20T07:55:15' }, 'CreationTime', '2026-11-20T07:55:15'],
  ])('sends %s in the type of its column', (_name, event, column, expected) => {
    const row = received(event);
    expect(row[column]).toBe(expected);
    expect(row).not.toHaveProperty('AdditionalFields');
  });

  it.each([
    ['an object where text belongs', { ItemName: { a: 1 } }],
    ['a list where text belongs', { UserId: ['ana@example.test'] }],
    ['a number where a boolean belongs', { IsSuccess: 1 }],
    ['a word where a boolean belongs', { IsSuccess: 'Succeeded' }],
    ['a number where a time belongs', { CreationTime: 1763622000 }],
    ['text that is no time where one belongs', { CreationTime: 'yesterday' }],
    ['a time that does not exist', { CreationTime: '2026-02-30T07:00:00' }],
  ])('puts %s into AdditionalFields, and leaves the column empty', (_name, event) => {
    const row = received(event);
    expect(row.AdditionalFields).toEqual(event);
    for (const property of Object.keys(event)) expect(row).not.toHaveProperty(property);
  });

  it.each(
    ['ActivityId', 'TimeGenerated', 'SourceApi', 'AdditionalFields', 'toString', 'constructor'].map(
      (name) => ({
        name,
      }),
    ),
  )("keeps the event's own $name apart from the action's", ({ name }) => {
    const row = received({ Id: 'the id', [name]: 'its own' });
    expect(row.ActivityId).toBe('the id');
    expect(row.SourceApi).toBe('power-bi');
    expect(row.TimeGenerated).toBe('2026-11-20T12:34:56.000Z');
    expect(Object.entries(row.AdditionalFields as object)).toEqual([[name, 'its own']]);
  });

  it('keeps nested values as they are', () => {
    const nested = {
      ExportEventStartDateTimeParameter: null,
      Datasets: [{ Id: 'd', Tags: ['x', { y: [1, 2.5] }] }],
    };
    expect(received({ ...nested, SharingAction: 'Direct' }).AdditionalFields).toEqual({
      ...nested,
      SharingAction: 'Direct',
    });
  });

  it('keeps a property called __proto__, and does not let it change the row', () => {
    const row = received(JSON.parse('{"Id":"a","__proto__":{"UserId":"eve@example.test"}}'));
    expect(row).not.toHaveProperty('UserId');
    const additional = row.AdditionalFields as object;
    expect(Object.entries(additional)).toEqual([['__proto__', { UserId: 'eve@example.test' }]]);
  });

  it('keeps a nested property called __proto__', () => {
    const event = JSON.parse('{"Extra":{"__proto__":{"a":1}}}');
    const mapped = mapEvent(event, undefined, 'power-bi', NOW);
    expect(rowJson(mapped, { values: 0, rows: 0 }, undefined)).toContain('{"Extra":{"__proto__":{"a":1}}}');
  });
});

describe('a number that a double cannot hold', () => {
  const long = '12345678901234567890';

  it.each([
    ['for text', `{"ObjectId":${long}}`, `"ObjectId":"${long}"`],
    ['without a column', `{"Size":${long}}`, `"AdditionalFields":{"Size":${long}}`],
    [
      'within a nested value',
      `{"Extra":{"ids":[1,${long}]}}`,
      `"AdditionalFields":{"Extra":{"ids":[1,${long}]}}`,
    ],
  ])('is sent as it was written: %s', (_name, text, expected) => {
    const event = parseExactly(text) as ActivityEvent;
    const row = mapEvent(event, undefined, 'power-bi', NOW);
    expect(rowJson(row, { values: 0, rows: 0 }, undefined)).toContain(expected);
  });
});

describe('WorkspaceName', () => {
  it.each([
    ['WorkSpaceName alone', { WorkSpaceName: 'Sales' }, 'Sales', undefined],
    ['WorkspaceName alone', { WorkspaceName: 'Sales' }, 'Sales', undefined],
    ['both', { WorkSpaceName: 'Sales', WorkspaceName: 'Shop' }, 'Sales', { WorkspaceName: 'Shop' }],
    [
      'both, the other way round',
      { WorkspaceName: 'Shop', WorkSpaceName: 'Sales' },
      'Sales',
      { WorkspaceName: 'Shop' },
    ],
    ['null in the first', { WorkSpaceName: null, WorkspaceName: 'Shop' }, 'Shop', undefined],
    [
      'an object in the first',
      { WorkSpaceName: { a: 1 }, WorkspaceName: 'Shop' },
      'Shop',
      { WorkSpaceName: { a: 1 } },
    ],
  ])('with %s is kept, and nothing of the other is lost', (_name, event, name, additional) => {
    const row = received(event);
    expect(row.WorkspaceName).toBe(name);
    expect(row.AdditionalFields).toEqual(additional);
  });

  it.each([
    ['first', { WorkSpaceName: 5, WorkspaceName: 'Shop' }],
    ['last', { WorkspaceName: 'Shop', WorkSpaceName: 5 }],
  ])('loses neither where WorkSpaceName is a number and comes %s', (_name, event) => {
    expect(JSON.stringify(received(event))).toMatch(/Shop/);
    expect(JSON.stringify(received(event))).toMatch(/:"?5"?[,}]/);
  });
});

describe('TimeGenerated', () => {
  it.each([
    ['2026-11-20T07:55:15', '2026-11-20T07:55:15Z'],
    ['2026-11-20T07:55:15Z', '2026-11-20T07:55:15Z'],
    ['2026-11-20T07:55:15.123', '2026-11-20T07:55:15.123Z'],
    ['2026-11-20T07:55:15.1234567Z', '2026-11-20T07:55:15.123Z'],
    ['2026-11-20 07:55:15', '2026-11-20T07:55:15.000Z'],
    ['2026-11-20T08:55:15+01:00', '2026-11-20T07:55:15.000Z'],
    ['2026-11-20T07:55  Z', '2026-11-20T07:55:00.000Z'],
  ])('is %s as UTC with Z', (creationTime, expected) => {
    const { TimeGenerated } = received({ CreationTime: creationTime });
    expect(TimeGenerated).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/);
    expect(Date.parse(String(TimeGenerated))).toBe(Date.parse(expected));
  });

  it.each([
    ['none', {}],
    ['null', { CreationTime: null }],
    ['a number', { CreationTime: 1763622000 }],
    ['text', { CreationTime: 'yesterday' }],
    ['a day that does not exist', { CreationTime: '2026-02-30T07:00:00' }],
    ['an hour that does not exist', { CreationTime: '2026-11-20T25:00:00Z' }],
    ['text as long as a time', { CreationTime: 'xxxxxxxxxxTxxxxxxxx' }],
  ])('is now where the CreationTime is %s', (_name, event) => {
    expect(received(event).TimeGenerated).toBe('2026-11-20T12:34:56.000Z');
  });
});

describe('any event', () => {
  const name = fc.oneof(
    fc.constantFrom(...COLUMNS.flatMap(({ name, from }) => [name, ...from]), '__proto__', 'toString'),
    fc.string({ maxLength: 12 }),
  );
  const value = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.boolean(),
    fc.integer(),
    fc.constantFrom('2026-11-20T07:55:15', '2026-02-30T07:55:15', 'True', '\ud800', '"\\\n\u0000'),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const anyEvent = fc
    .uniqueArray(fc.tuple(name, value), { selector: ([property]) => property, maxLength: 15 })
    .map((entries): ActivityEvent => {
      const members = entries.map(
        ([property, entry]) => `${JSON.stringify(property)}:${JSON.stringify(entry)}`,
      );
      return JSON.parse(`{${members.join(',')}}`);
    });

  const sameInColumn = (sent: unknown, given: unknown): boolean =>
    given === null || String(sent).toLowerCase() === String(given).toLowerCase();

  it('is found again in its row, every property of it', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const row = received(event);
        const additional = (row.AdditionalFields ?? {}) as Record<string, unknown>;
        const lost = Object.entries(event).filter(([property, given]) => {
          if (Object.hasOwn(additional, property)) {
            const kept = Object.getOwnPropertyDescriptor(additional, property)?.value;
            return !isDeepStrictEqual(kept, given);
          }
          const column = COLUMNS.find(({ from }) => from.includes(property));
          return column === undefined || !sameInColumn(row[column.name], given);
        });
        expect(lost).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('becomes a row of known columns only, each in its type', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const types = new Map(COLUMNS.map((column) => [column.name, column.type]));
        const wrong = Object.entries(received(event)).filter(([column, sent]) => {
          switch (types.get(column)) {
            case 'string':
              return typeof sent !== 'string';
            case 'boolean':
              return typeof sent !== 'boolean';
            case 'datetime':
              return typeof sent !== 'string' || parseInstant(sent) === undefined;
            case 'dynamic':
              return typeof sent !== 'object' || sent === null || Array.isArray(sent);
            default:
              return true;
          }
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('is not taken for cut where it is small', () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        const cuts = { values: 0, rows: 0 };
        const json = rowJson(mapEvent(event, undefined, 'power-bi', NOW), cuts, undefined);
        fc.pre(json.length < FIELD_LIMIT);
        expect(cuts).toEqual({ values: 0, rows: 0 });
      }),
    );
  });
});
