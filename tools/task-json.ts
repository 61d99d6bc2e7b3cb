/** The manifest of the Azure Pipelines task, as the contract has its inputs and outputs. */
import { type Json, jsonText } from '../infra/generate/json-text.ts';
import { DESCRIPTION, GROUPS, type Input, taskInputs, taskOutputs } from './contract.ts';

/** Never changes: agents and pipelines know the task by it. */
const TASK_ID = '8f0b7a52-6c1d-4a53-9a67-2f4f4a3c5d11';
export const TASK_NAME = 'CollectFabricActivity';

/** @param version n.n.n; agents keep a task by it, so it rises with every change */
export function taskJson(version: string): string {
  const [Major = 0, Minor = 0, Patch = 0] = version.split('.').map(Number);
  const inputs = taskInputs();
  const outputs = taskOutputs();
  const task = {
    $schema: 'https://raw.githubusercontent.com/Microsoft/azure-pipelines-task-lib/master/tasks.schema.json',
    id: TASK_ID,
    name: TASK_NAME,
    friendlyName: 'Collect Fabric activity',
    description: DESCRIPTION,
    helpUrl: 'https://github.com/OWNER/REPO/blob/main/docs/setup-azure-pipelines.md',
    helpMarkDown:
      '[Setting it up](https://github.com/OWNER/REPO/blob/main/docs/setup-azure-pipelines.md), [troubleshooting](https://github.com/OWNER/REPO/blob/main/docs/troubleshooting.md)',
    category: 'Utility',
    visibility: ['Build', 'Release'],
    runsOn: ['Agent'],
    author: 'fabric-activity-to-log-analytics contributors',
    version: { Major, Minor, Patch },
    // Of the agents that have Node 24.
    minimumAgentVersion: '4.265.1',
    instanceNameFormat: 'Collect Fabric activity',
    showEnvironmentVariables: true,
    groups: Object.entries(GROUPS).map(([name, displayName]) => ({
      name,
      displayName,
      isExpanded: name === 'signIn' || name === 'destination',
    })),
    inputs: inOrderOfGroups(inputs).map(([name, input]) => inputJson(name, input)),
    outputVariables: outputs.map(([name, description]) => ({ name, description })),
    // Commands stay open: the restricted set has no attachment, which the summary is.
    restrictions: { settableVariables: { allowed: outputs.map(([name]) => name) } },
    execution: { Node24: { target: 'dist/index.js' } },
  };
  return jsonText(task);
}

function inputJson(name: string, { label, group, type, options, required, byDefault, says }: Input): Json {
  return {
    name,
    type: options === undefined ? (type ?? 'string') : 'pickList',
    label,
    // Of several boxes with nothing in them, none is required.
    required: required === true,
    ...(byDefault === undefined ? {} : { defaultValue: byDefault }),
    ...(options === undefined
      ? {}
      : {
          options: Object.fromEntries(options.map((option) => [option, option])),
          // So that a variable can stand there.
          properties: { EditableOptions: 'True' },
        }),
    ...(group === undefined ? {} : { groupName: group }),
    helpMarkDown: says,
  };
}

function inOrderOfGroups(inputs: readonly [string, Input][]): [string, Input][] {
  return Object.keys(GROUPS).flatMap((group) => inputs.filter(([, input]) => input.group === group));
}
