const DEFAULT_WAIT = 180;
const LONGEST_WAIT = 600;
const RESOURCE =
  '/subscriptions/00000000-0000-4000-8000-0000000000e1/resourceGroups/synthetic/providers/Microsoft.OperationalInsights/workspaces/synthetic-workspace';

/** What a request prefers, joined by commas; https://learn.microsoft.com/azure/azure-monitor/logs/api/prefer-options */
export interface Preferences {
  waitSeconds: number;
  /** Headers that say which of them were followed, as recorded for `wait`. */
  applied: Record<string, string>;
  /** The parts of the answer that were asked for. */
  extras: (seconds: number, rows: number, tables: readonly string[]) => object;
}

/** Reads a Prefer header. */
export function preferencesOf(header: string): Preferences {
  const given = new Map(
    header
      .split(',')
      .map((part) => part.trim().split('='))
      .map(([name = '', value = '']) => [name.toLowerCase(), value] as const),
  );
  const wants = (name: string) => given.get(name) === 'true';
  const wait = given.get('wait');
  return {
    waitSeconds: Math.min(Number(wait ?? DEFAULT_WAIT), LONGEST_WAIT),
    applied: wait === undefined ? {} : { 'preference-applied': `wait=${wait}` },
    extras: (seconds, rows, tables) => ({
      ...(wants('include-statistics') ? { statistics: statisticsOf(seconds, rows) } : {}),
      ...(wants('include-render') ? { render: NO_RENDER } : {}),
      ...(wants('include-permissions')
        ? { permissions: { resources: [], dataSources: [{ resourceId: RESOURCE }] } }
        : {}),
      ...(wants('include-datasources')
        ? { dataSources: [{ resourceId: RESOURCE, region: 'eastus', tables }] }
        : {}),
    }),
  };
}

const NO_RENDER = {
  visualization: null,
  title: null,
  accumulate: false,
  isQuerySorted: false,
  kind: null,
  annotation: '',
  by: null,
};

function statisticsOf(seconds: number, rows: number): object {
  return {
    query: {
      executionTime: seconds,
      resourceUsage: {
        cpu: { user: '00:00:00', kernel: '00:00:00', 'total cpu': '00:00:00' },
        memory: { peak_per_node: 1_572_864 },
      },
      datasetStatistics: [{ table_row_count: rows, table_size: rows * 16 }],
    },
  };
}
