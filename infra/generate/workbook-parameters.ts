import type { Json } from './json-text.ts';
import { guidOf, ITEM } from './workbook-items.ts';

/** The first workspace that there is; the template puts the one it was deployed for in its place. */
export const FIRST_WORKSPACE = 'value::1';

const CHOICES = ['1d', '2d', '7d', '14d', '30d', '90d'];

/** What a reader chooses at the top of the workbook. */
export function parameters(): Json {
  return {
    type: ITEM.parameters,
    content: {
      version: 'KqlParameterItem/1.0',
      crossComponentResources: ['{LogAnalytics}'],
      parameters: [
        {
          ...parameter('LogAnalytics', 'Log Analytics', 5),
          isRequired: true,
          query: "resources\n| where type =~ 'microsoft.operationalinsights/workspaces'\n| project id",
          crossComponentResources: ['value::all'],
          typeSettings: { additionalResourceOptions: [] },
          queryType: 1,
          resourceType: 'microsoft.resourcegraph/resources',
          value: FIRST_WORKSPACE,
        },
        {
          ...parameter('Lookback', 'Look back', 2),
          isRequired: true,
          typeSettings: { additionalResourceOptions: [] },
          jsonData: JSON.stringify(
            CHOICES.map((value) => ({ value, label: value, selected: value === '7d' })),
          ),
          value: '7d',
        },
        chosen('FabricWorkspace', 'Workspace', 'WorkspaceName'),
        chosen('Operation', 'Operation', 'Operation'),
        text('User', 'User', ''),
        text('OwnDomains', 'Own domains', ''),
        text('Threshold', 'Many exports a day', '50'),
      ],
      style: 'pills',
      queryType: 0,
      resourceType: 'microsoft.operationalinsights/workspaces',
    },
    name: 'parameters',
  };
}

/** A list of what there is in the time looked at, and all of it. */
function chosen(name: string, label: string, column: string): Json {
  return {
    ...parameter(name, label, 2),
    query: `FabricUserActivity(ago({Lookback}))\n| where isnotempty(${column})\n| summarize Events = count() by ${column}\n| top 200 by Events desc\n| project value = ${column}, label = ${column}\n| order by label asc`,
    crossComponentResources: ['{LogAnalytics}'],
    typeSettings: { additionalResourceOptions: ['value::all'], selectAllValue: '*', showDefault: false },
    queryType: 0,
    resourceType: 'microsoft.operationalinsights/workspaces',
    value: 'value::all',
  };
}

function text(name: string, label: string, value: string): Json {
  return { ...parameter(name, label, 1), value };
}

function parameter(name: string, label: string, type: number) {
  return { id: guidOf(`parameter ${name}`), version: 'KqlParameterItem/1.0', name, label, type };
}
