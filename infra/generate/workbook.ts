import { createHash } from 'node:crypto';
import { API, armTemplate } from './arm.ts';
import type { Json } from './json-text.ts';
import { bindQuery, type Query } from './queries.ts';
import { TABS, type WorkbookStep, type WorkbookTab } from './workbook-tabs.ts';

/** Rows may have arrived long before the time looked at ends; the queries themselves say how far back they look. */
const NINETY_DAYS_MS = 7_776_000_000;

/** https://github.com/microsoft/Application-Insights-Workbooks/tree/master/schema */
const ITEM = { text: 1, query: 3, parameters: 9, links: 11, group: 12 } as const;

/** infra/workbook.json, which the advanced editor of a workbook takes as it is. */
export function workbook(queries: ReadonlyMap<string, Query>): Json {
  return {
    version: 'Notebook/1.0',
    items: [
      {
        type: ITEM.text,
        content: {
          json: '## Fabric user activity\nTimes are UTC and say when an event happened, not when it arrived. Events may arrive up to 24 hours late.',
        },
        name: 'head',
      },
      parameters(),
      {
        type: ITEM.links,
        content: {
          version: 'LinkItem/1.0',
          style: 'tabs',
          links: TABS.map(({ id, title }) => ({
            id: guidOf(`tab ${id}`),
            cellValue: 'Tab',
            linkTarget: 'parameter',
            linkLabel: title,
            subTarget: id,
            style: 'link',
          })),
        },
        name: 'tabs',
      },
      ...TABS.map((tab) => group(tab, queries)),
    ],
    fallbackResourceIds: [],
    $schema: 'https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json',
  };
}

/** infra/workbook-template.json: the same workbook as a resource. */
export function workbookTemplate(queries: ReadonlyMap<string, Query>): Json {
  return armTemplate({
    parameters: {
      workspaceName: {
        type: 'string',
        description: 'Name of the workspace, in the resource group that this is deployed to.',
      },
      location: {
        type: 'string',
        description: 'Region of the workbook.',
        defaultValue: '[resourceGroup().location]',
      },
      displayName: {
        type: 'string',
        description: 'Name of the workbook.',
        defaultValue: 'Fabric user activity',
      },
    },
    variables: {
      workspaceId: "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))]",
      serializedData: JSON.stringify(workbook(queries)),
    },
    resources: [
      {
        type: 'Microsoft.Insights/workbooks',
        apiVersion: API.workbooks,
        name: "[guid(variables('workspaceId'), 'fabric-user-activity-workbook')]",
        location: "[parameters('location')]",
        kind: 'shared',
        properties: {
          displayName: "[parameters('displayName')]",
          serializedData: "[variables('serializedData')]",
          category: 'workbook',
          sourceId: "[variables('workspaceId')]",
          version: 'Notebook/1.0',
        },
      },
    ],
  });
}

function parameters(): Json {
  const choices = ['1d', '2d', '7d', '14d', '30d', '90d'];
  return {
    type: ITEM.parameters,
    content: {
      version: 'KqlParameterItem/1.0',
      parameters: [
        {
          id: guidOf('parameter Lookback'),
          version: 'KqlParameterItem/1.0',
          name: 'Lookback',
          label: 'Look back',
          type: 2,
          isRequired: true,
          typeSettings: { additionalResourceOptions: [] },
          jsonData: JSON.stringify(
            choices.map((value) => ({ value, label: value, selected: value === '7d' })),
          ),
          value: '7d',
        },
        textParameter('User', 'User (name or id, for one user’s activity)', ''),
        textParameter('Threshold', 'Exports a day that are many', '50'),
      ],
      style: 'pills',
      queryType: 0,
      resourceType: 'microsoft.operationalinsights/workspaces',
    },
    name: 'parameters',
  };
}

function textParameter(name: string, label: string, value: string): Json {
  return { id: guidOf(`parameter ${name}`), version: 'KqlParameterItem/1.0', name, label, type: 1, value };
}

function group(tab: WorkbookTab, queries: ReadonlyMap<string, Query>): Json {
  return {
    type: ITEM.group,
    content: {
      version: 'NotebookGroup/1.0',
      groupType: 'editable',
      items: tab.steps.map((step) => queryItem(step, queries)),
    },
    conditionalVisibility: { parameterName: 'Tab', comparison: 'isEqualTo', value: tab.id },
    name: tab.id,
  };
}

function queryItem(step: WorkbookStep, queries: ReadonlyMap<string, Query>): Json {
  const query = queries.get(step.query);
  if (query === undefined) throw new Error(`Expected a file queries/${step.query}.kql, got none.`);
  return {
    type: ITEM.query,
    content: {
      version: 'KqlItem/1.0',
      query: `// queries/${query.name}.kql\n${bindQuery(query, step.follows)}`,
      size: step.show === 'tiles' ? 4 : 0,
      title: `${query.title}: ${query.question}`,
      timeContext: { durationMs: NINETY_DAYS_MS },
      queryType: 0,
      resourceType: 'microsoft.operationalinsights/workspaces',
      visualization: step.show,
      showExportToExcel: true,
      ...(step.show === 'tiles' ? { tileSettings: TILES } : {}),
    },
    name: query.name,
  };
}

const TILES: Json = {
  titleContent: { columnMatch: 'Measure', formatter: 1 },
  leftContent: { columnMatch: 'Value', formatter: 12, formatOptions: { palette: 'blue' } },
  showBorder: true,
};

/** A GUID that is always the same for the same text, so that generating twice gives the same file. */
function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
