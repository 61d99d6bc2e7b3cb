import { alertTemplate } from './alert-template.ts';
import { functionText } from './function-text.ts';
import { gallery } from './gallery.ts';
import { jsonText } from './json-text.ts';
import { mainTemplate } from './main-template.ts';
import { packTemplate } from './pack-template.ts';
import { EXAMPLE_PARAMETERS } from './parameters.ts';
import { FUNCTION_NAME, parseQuery, readQueries } from './queries.ts';
import { sentinelPackage } from './sentinel-package.ts';
import { sentinelTemplate } from './sentinel-template.ts';
import { tablesDoc } from './tables-doc.ts';
import { workbook, workbookTemplate } from './workbook.ts';

/** Every generated file, by its path in the repository. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const read = readQueries();
  const source = read.get(FUNCTION_NAME);
  if (source === undefined) throw new Error(`Expected a file queries/${FUNCTION_NAME}.kql, got none.`);
  const saved = parseQuery(FUNCTION_NAME, functionText(source));
  const queries = new Map(read).set(FUNCTION_NAME, saved);
  return new Map([
    [`queries/${FUNCTION_NAME}.kql`, saved.text],
    ['infra/azuredeploy.json', jsonText(mainTemplate(saved))],
    ['infra/azuredeploy.parameters.json', jsonText(exampleParameters())],
    ['infra/alerts.json', jsonText(alertTemplate(queries))],
    ['infra/query-pack.json', jsonText(packTemplate(queries))],
    ['infra/sentinel.json', jsonText(sentinelTemplate(saved))],
    ...sentinelPackage(saved),
    ['sentinel/Workbooks/FabricUserActivity.json', jsonText(workbook(queries))],
    ['infra/workbook.json', jsonText(workbook(queries))],
    ['infra/workbook-template.json', jsonText(workbookTemplate(queries))],
    ['docs/tables.md', tablesDoc(queries)],
    ['docs/queries.md', gallery(queries)],
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
