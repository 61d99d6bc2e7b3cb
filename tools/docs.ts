// Writes what tells of inputs and outputs from tools/contract.ts: action.yml, task.json, and the tables of the README and of
// the extension's page; and the tables of what the reusable workflow and the pipeline template take. With --check it writes nothing, and exits 1 when one of them is not up to date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withContract } from './action-yml.ts';
import { between, withTables, withTaskTables } from './readme-tables.ts';
import { taskJson } from './task-json.ts';
import { templateTable, workflowTable } from './workflow-tables.ts';

const WORKFLOW = '.github/workflows/collect.yml';
const TEMPLATE = 'azure-pipelines/templates/collect.yml';
const GUIDE = 'docs/setup.md';
const AZURE_GUIDE = 'docs/setup-azure-pipelines.md';

const { version } = JSON.parse(read('package.json')) as { version: string };
const actionYml = withContract(read('action.yml'));
const files: Readonly<Record<string, string>> = {
  'action.yml': actionYml,
  'README.md': withTables(read('README.md'), actionYml),
  [GUIDE]: between(read(GUIDE), 'inputs of the workflow', WORKFLOW, workflowTable(read(WORKFLOW))),
  [AZURE_GUIDE]: between(read(AZURE_GUIDE), 'parameters', TEMPLATE, templateTable(read(TEMPLATE))),
  'azure-pipelines/collect/task.json': taskJson(version),
  'azure-pipelines/overview.md': withTaskTables(read('azure-pipelines/overview.md')),
  'azure-pipelines/vss-extension.json': read('azure-pipelines/vss-extension.json').replace(
    /("version": ")[^"]*/,
    `$1${version}`,
  ),
};
const stale = Object.entries(files).filter(([path, text]) => read(path) !== text);
if (!process.argv.includes('--check')) for (const [path, text] of stale) writeFileSync(place(path), text);
else if (stale.length > 0) {
  console.error(`${stale.map(([path]) => path).join(', ')}: run "npm run docs".`);
  process.exitCode = 1;
}

function read(path: string): string {
  return existsSync(place(path)) ? readFileSync(place(path), 'utf8') : '';
}

function place(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
