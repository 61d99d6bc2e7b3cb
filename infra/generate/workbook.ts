import { API, armTemplate } from './arm.ts';
import type { Json } from './json-text.ts';
import type { Query } from './queries.ts';
import { guidOf, ITEM, queryItem } from './workbook-items.ts';
import { FIRST_WORKSPACE, parameters } from './workbook-parameters.ts';
import { TABS, type WorkbookTab } from './workbook-tabs.ts';

/** infra/workbook.json, which the advanced editor of a workbook takes as it is. */
export function workbook(queries: ReadonlyMap<string, Query>): Json {
  return {
    version: 'Notebook/1.0',
    items: [
      {
        type: ITEM.text,
        content: {
          json: '## Fabric user activity\nTimes are UTC and say when an event happened. Events may arrive up to 24 hours late. Click a row to filter by its user, workspace or operation.',
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
      shownIn: {
        type: 'string',
        description: 'Where the workbook is listed: under Monitor, under the workspace, or under Sentinel.',
        defaultValue: 'Monitor',
        allowedValues: ['Monitor', 'Workspace', 'Sentinel'],
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
        name: "[guid(variables('workspaceId'), 'fabric-user-activity-workbook', parameters('shownIn'))]",
        location: "[parameters('location')]",
        kind: 'shared',
        properties: {
          displayName: "[parameters('displayName')]",
          serializedData: `[replace(variables('serializedData'), '${FIRST_WORKSPACE}', variables('workspaceId'))]`,
          category: "[if(equals(parameters('shownIn'), 'Sentinel'), 'sentinel', 'workbook')]",
          // Monitor lists only workbooks whose source is Azure Monitor itself.
          sourceId:
            "[if(equals(parameters('shownIn'), 'Monitor'), 'Azure Monitor', variables('workspaceId'))]",
          version: 'Notebook/1.0',
        },
      },
    ],
  });
}

function group(tab: WorkbookTab, queries: ReadonlyMap<string, Query>): Json {
  return {
    type: ITEM.group,
    content: {
      version: 'NotebookGroup/1.0',
      groupType: 'editable',
      items: tab.steps.map((step) => {
        const query = queries.get(step.query);
        if (query === undefined) throw new Error(`Expected a file queries/${step.query}.kql, got none.`);
        return queryItem(step, query);
      }),
    },
    conditionalVisibility: { parameterName: 'Tab', comparison: 'isEqualTo', value: tab.id },
    name: tab.id,
  };
}
