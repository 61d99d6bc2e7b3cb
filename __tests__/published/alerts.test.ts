/** The alerts as they are deployed: within what a log alert takes, and fired by what arrives, whenever it happened. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { alertFaults } from '../../infra/generate/alert-query.ts';
import { ALERT_RULES, METRIC_RULES } from '../../infra/generate/alert-rules.ts';
import { resolved } from '../../infra/generate/arm-evaluate.ts';
import { checker, type Fault } from '../../infra/generate/kusto.ts';
import { FUNCTION_NAME, readQueries } from '../../infra/generate/queries.ts';
import { answer, type Cells, DAY, event, FUNCTION, HOUR, NOW } from './workspace.ts';

interface Rule {
  readonly type: string;
  readonly name: string;
  readonly properties: {
    readonly autoMitigate: boolean;
    readonly windowSize: string;
    readonly evaluationFrequency: string;
    readonly criteria: {
      readonly allOf: readonly {
        readonly query: string;
        readonly dimensions: readonly { readonly name: string }[];
      }[];
    };
  };
}

const template = JSON.parse(readFileSync(new URL('../../infra/alerts.json', import.meta.url), 'utf8')) as {
  readonly parameters: Record<string, { readonly defaultValue?: unknown }>;
  readonly variables: Record<string, unknown>;
  readonly resources: readonly unknown[];
};

function rules(values: Record<string, unknown> = {}): Rule[] {
  const parameters = {
    ...Object.fromEntries(
      Object.entries(template.parameters).map(([name, { defaultValue }]) => [name, defaultValue]),
    ),
    ...values,
  };
  return template.resources.map(
    (entry) => resolved(entry, { parameters, variables: template.variables }) as Rule,
  );
}

const logRules = (values?: Record<string, unknown>) =>
  rules(values).filter(({ type }) => type.endsWith('/scheduledQueryRules'));

function queryOf(name: string, values?: Record<string, unknown>): string {
  return (
    logRules(values).find((rule) => rule.name === `fabric-${name}`)?.properties.criteria.allOf[0]?.query ?? ''
  );
}

/** What the rule sees: rows of its window by TimeGenerated, as the service restricts each table. */
function seen(name: string, rows: readonly Cells[], values?: Record<string, unknown>) {
  return answer(
    queryOf(name, { ownDomains: ['example.test'], ...values }),
    rows.filter(({ TimeGenerated }) => Number(TimeGenerated) > NOW - 2 * DAY),
  );
}

const exports = (count: number, hoursAgo: number, arrivedHoursAgo?: number, more: Cells = {}) =>
  Array.from({ length: count }, (_, at) =>
    event(hoursAgo + at / 1000, { Operation: 'ExportReport', ...more }, arrivedHoursAgo),
  );

let faultsOf: (text: string) => Fault[];
beforeAll(() => {
  const saved = readQueries().get(FUNCTION_NAME);
  if (saved !== undefined) faultsOf = checker(saved);
});

describe.each(ALERT_RULES.map((rule) => [rule.query, rule] as const))('the alert on %s', (name, rule) => {
  it.each([
    ['defaults', {}],
    ['extremes', { noDataHours: 47, massExportThreshold: 0, ownDomains: ['a.test', 'b.c.test'] }],
  ])('keeps to what a log alert takes, with %s', (_, values) => {
    const text = queryOf(name, values);
    expect(text).not.toMatch(/\{\w+\}/);
    expect(faultsOf(text)).toEqual([]);
    expect(alertFaults(text, text.includes(FUNCTION_NAME) ? [FUNCTION.body] : [])).toEqual([]);
  });

  it('has at most six dimensions, which are texts of its answer', () => {
    expect(rule.dimensions.length).toBeLessThanOrEqual(6);
    for (const dimension of rule.dimensions) {
      const text = queryOf(name);
      expect(faultsOf(`${text}\n| where strlen(${dimension}) > 0 and ${dimension} == "x"`)).toEqual([]);
    }
  });

  it('looks at two days every hour', () => {
    const found = logRules().find((each) => each.name === `fabric-${name}`)?.properties;
    expect(found).toMatchObject({
      windowSize: 'P2D',
      evaluationFrequency: 'PT1H',
      autoMitigate: !rule.stateless,
    });
  });
});

describe('the lint of alerts', () => {
  it.each([
    ['T | where TimeGenerated > ago(Lookback)', 1],
    ['T | where TimeGenerated > ago(2 * 1h)', 1],
    ['T | where TimeGenerated > ago(2d)', 0],
    ['T | union U', 1],
    ['union T, U', 1],
    ['search "x"', 1],
    ['T | evaluate bag_unpack(d)', 1],
    ['T | evaluate pivot(d)', 1],
    ['T | where Text == "union (a)" // search this', 0],
    ['T | take 5', 1],
  ])('of %s finds %d', (text, count) => {
    expect(alertFaults(text)).toHaveLength(count);
  });

  it('looks into the functions that are called', () => {
    expect(alertFaults('F()', ['T | union U'])).toHaveLength(1);
  });
});

describe('by arrival', () => {
  it('mass-export fires on a day long gone whose events arrive now', () => {
    expect(seen('mass-export', exports(80, 70, 0.5))).toMatchObject([
      { UserId: 'ana@example.test', Day: '2026-11-18' },
    ]);
    expect(seen('mass-export', exports(80, 20, 0.5))).toHaveLength(1);
    expect(seen('mass-export', exports(80, 20, 3))).toEqual([]);
    expect(seen('mass-export', exports(50, 20, 0.5))).toEqual([]);
    expect(seen('mass-export', exports(2, 20, 0.5), { massExportThreshold: 1 })).toHaveLength(1);
  });

  it('mass-export tells users and days apart', () => {
    const found = seen('mass-export', [
      ...exports(60, 70, 0.5),
      ...exports(60, 30, 0.5),
      ...exports(60, 30, 0.5, { UserId: 'bo@example.test' }),
    ]);
    expect(found.map(({ UserId, Day }) => `${UserId} ${Day}`).sort()).toEqual([
      'ana@example.test 2026-11-18',
      'ana@example.test 2026-11-19',
      'bo@example.test 2026-11-19',
    ]);
  });

  it('external-sharing fires once for each event, however late it arrives', () => {
    const shared = (hoursAgo: number, arrived: number) =>
      event(
        hoursAgo,
        {
          Operation: 'ShareReport',
          AdditionalFields: { SharingInformation: [{ RecipientEmail: 'eve@partner.test' }] },
        },
        arrived,
      );
    const found = seen('external-sharing', [shared(100, 0.5), shared(30, 0.5), shared(1, 0.5), shared(5, 3)]);
    expect(found).toHaveLength(3);
    expect(new Set(found.map(({ EventKey }) => EventKey)).size).toBe(3);
    expect(seen('external-sharing', [shared(1, 0.5)], { ownDomains: ['partner.test'] })).toEqual([]);
  });

  it('external-sharing does not fire again for a copy that was sent once more', () => {
    const first = event(20, { Operation: 'PublishToWebReport' }, 19);
    expect(seen('external-sharing', [first, { ...first, IngestedAt: NOW - HOUR / 2 }])).toEqual([]);
  });

  it('tenant-setting-changes fires on what arrives', () => {
    expect(
      seen('tenant-setting-changes', [event(90, { Operation: 'UpdatedAdminFeatureSwitch' }, 0.5)]),
    ).toHaveLength(1);
    expect(
      seen('tenant-setting-changes', [event(5, { Operation: 'UpdatedAdminFeatureSwitch' }, 4)]),
    ).toHaveLength(0);
  });

  it('no-data fires on silence alone', () => {
    expect(seen('no-data', [event(90, {}, 3)])).toEqual([]);
    expect(seen('no-data', [event(40, {}, 30)])).toEqual([{ Rows: 0 }]);
    expect(seen('no-data', [event(40, {}, 30)], { noDataHours: 40 })).toEqual([]);
  });
});

describe('on metrics', () => {
  it('the rule for rows is watched for losses, errors and silence, without a query', () => {
    const metrics = rules().filter(({ type }) => type.endsWith('/metricAlerts'));
    expect(metrics.map(({ name }) => name)).toEqual(METRIC_RULES.map(({ name }) => `fabric-${name}`));
    expect(JSON.stringify(metrics)).not.toContain('DCRLogErrors');
    expect(METRIC_RULES.map(({ metric }) => metric)).toEqual([
      'RowsDropped_Count',
      'TransformationErrors_Count',
      'RowsReceived_Count',
    ]);
  });

  it('no rule asks a table that may not exist', () => {
    for (const { query } of ALERT_RULES) expect(queryOf(query)).not.toContain('DCRLogErrors');
  });
});
