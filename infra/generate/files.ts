import { alertTemplate } from './alert-template.ts';
import { jsonText } from './json-text.ts';
import { mainTemplate } from './main-template.ts';
import { packTemplate } from './pack-template.ts';
import { EXAMPLE_PARAMETERS } from './parameters.ts';
import { FUNCTION_NAME, readQueries } from './queries.ts';
import { tablesDoc } from './tables-doc.ts';
import { workbook, workbookTemplate } from './workbook.ts';

/** Every generated file, by its path in the repository. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const queries = readQueries();
  const saved = queries.get(FUNCTION_NAME);
  if (saved === undefined) throw new Error(`Expected a file queries/${FUNCTION_NAME}.kql, got none.`);
  return new Map([
    ['infra/azuredeploy.json', jsonText(mainTemplate(saved))],
    ['infra/azuredeploy.parameters.json', jsonText(exampleParameters())],
    ['infra/alerts.json', jsonText(alertTemplate(queries))],
    ['infra/query-pack.json', jsonText(packTemplate(queries))],
    ['infra/workbook.json', jsonText(workbook(queries))],
    ['infra/workbook-template.json', jsonText(workbookTemplate(queries))],
    ['docs/tables.md', tablesDoc(queries)],
  ]);
}

function exampleParameters() {
  return {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#',
    contentVersion: '1.0.0.0',
    parameters: Object.fromEntries(
      Object.entries(EXAMPLE_PARAMETERS).map(([name, value]) => [name, { value }]),
    ),
  };
}
