import { createHash } from 'node:crypto';
import type { Json } from './json-text.ts';
import { bindQuery, type Query } from './queries.ts';
import type { Colour, WorkbookStep } from './workbook-tabs.ts';

/** Rows may have arrived long before the time looked at ends; the queries themselves say how far back they look. */
const NINETY_DAYS_MS = 7_776_000_000;

/** https://github.com/microsoft/Application-Insights-Workbooks/tree/master/schema */
export const ITEM = { text: 1, query: 3, parameters: 9, links: 11, group: 12 } as const;

/** Numbers by which a grid knows how to show a column. */
const FORMATTER = { hidden: 5, heat: 8, bignumber: 12, thresholds: 18 } as const;

/** What the workbook's own filters mean to a query; an asterisk stands for all. */
export const FILTERS = [
  ['WorkspaceName', 'FabricWorkspace'],
  ['WorkspaceName', 'ClickedWorkspace'],
  ['Operation', 'Operation'],
  ['Operation', 'ClickedOperation'],
] as const;

export function queryItem(step: WorkbookStep, query: Query): Json {
  return {
    type: ITEM.query,
    content: {
      version: 'KqlItem/1.0',
      query: queryText(step, query),
      size: step.show === 'tiles' ? 4 : 0,
      title: query.title,
      noDataMessage: step.none,
      noDataMessageStyle: step.noneIsGood ? 3 : 4,
      timeContext: { durationMs: NINETY_DAYS_MS },
      ...(step.click === undefined
        ? {}
        : {
            exportedParameters: [
              {
                fieldName: step.click.column,
                parameterName: step.click.parameter,
                parameterType: 1,
                defaultValue: '*',
              },
            ],
          }),
      queryType: 0,
      resourceType: 'microsoft.operationalinsights/workspaces',
      crossComponentResources: ['{LogAnalytics}'],
      visualization: step.show,
      showExportToExcel: true,
      ...(step.show === 'tiles' ? { tileSettings: TILES } : {}),
      ...(step.show === 'table' ? { gridSettings: gridOf(step.colours ?? {}) } : {}),
    },
    name: query.name,
  };
}

/** The query with the parameters that follow the workbook, and its filters behind each reading of the function. */
export function queryText(step: WorkbookStep, query: Query): string {
  const filters = FILTERS.map(
    ([column, parameter]) => `| where "{${parameter}}" in ("", "*") or ${column} =~ "{${parameter}}"`,
  ).join('\n');
  const bound = bindQuery(query, step.follows).replaceAll(
    /FabricUserActivity\(ago\([^()]*\)\)/g,
    (call) => `${call}\n${filters}`,
  );
  return `// queries/${query.name}.kql\n${bound}`;
}

function gridOf(colours: Readonly<Record<string, Colour>>): Json {
  return {
    rowLimit: 250,
    filter: true,
    formatters: Object.entries(colours).map(([columnMatch, colour]) =>
      colour === 'hidden'
        ? { columnMatch, formatter: FORMATTER.hidden }
        : typeof colour === 'string'
          ? { columnMatch, formatter: FORMATTER.heat, formatOptions: { palette: colour } }
          : {
              columnMatch,
              formatter: FORMATTER.thresholds,
              formatOptions: {
                thresholdsOptions: 'colors',
                thresholdsGrid: colour.map(([text, representation]) => ({
                  operator: text === null ? 'Default' : '==',
                  thresholdValue: text,
                  representation,
                  text: '{0}{1}',
                })),
              },
            },
    ),
  };
}

const TILES: Json = {
  titleContent: { columnMatch: 'Measure', formatter: 1 },
  leftContent: { columnMatch: 'Value', formatter: FORMATTER.bignumber, formatOptions: { palette: 'blue' } },
  secondaryContent: {
    columnMatch: 'Trend',
    formatter: FORMATTER.thresholds,
    formatOptions: {
      thresholdsOptions: 'icons',
      thresholdsGrid: [
        { operator: '==', thresholdValue: 'up', representation: 'trendup', text: '{0}' },
        { operator: '==', thresholdValue: 'down', representation: 'trenddown', text: '{0}' },
        { operator: 'Default', thresholdValue: null, representation: 'Normal', text: '{0}' },
      ],
    },
  },
  showBorder: true,
};

/** A GUID that is always the same for the same text, so that generating twice gives the same file. */
export function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
