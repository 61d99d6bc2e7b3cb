/**
 * What has a column is not in AdditionalFields: a query that still looks for it there finds nothing, and says nothing. Held over
 * all places that hold KQL, or that tell somebody to write it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { COLUMNS } from '../../src/rows/columns.ts';
import { propertiesRead, withoutFallbacks } from '../support/additional-fields.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['queries', 'sentinel', 'infra', 'docs', 'examples', 'src', 'azure-pipelines', '.github'];
const PAGES = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

/**
 * Properties that fill a column, and columns that no property fills. The event's own ActivityId is neither: its Id fills that
 * column, so that the property stays.
 */
const MOVED = new Map(
  COLUMNS.flatMap(({ name, from }) =>
    (from.length === 0 ? [name] : from).map((property) => [property, name]),
  ),
);

const files = [...FOLDERS.flatMap(within), ...PAGES].map((path) => [path, textsOf(path)] as const);
const readBy = new Map(
  files.map(([path, texts]) => [
    path,
    [...new Set(texts.flatMap((text) => propertiesRead(withoutFallbacks(text, MOVED))))],
  ]),
);

describe('what has a column', () => {
  it('is read from AdditionalFields nowhere', () => {
    const wrong = [...readBy].flatMap(([path, properties]) =>
      properties.filter((property) => MOVED.has(property)).map((property) => `${path}: ${property}`),
    );
    expect(wrong).toEqual([]);
  });

  it('is looked for in all that ships the queries', () => {
    const holding = [...readBy].filter(([, properties]) => properties.includes('SwitchState'));
    expect(holding.map(([path]) => path)).toEqual([
      'queries/FabricUserActivity.kql',
      'sentinel/Parsers/FabricUserActivity.yaml',
      'infra/azuredeploy.json',
      'infra/sentinel.json',
    ]);
    expect(readBy.get('queries/FabricUserActivity.kql')?.length).toBeGreaterThan(15);
    expect(readBy.get('sentinel/Analytic Rules/FabricAdminRoleGranted.yaml')).toEqual(['Admin', 'Owner']);
    for (const folder of FOLDERS)
      expect([folder, files.some(([path]) => path.startsWith(`${folder}/`))]).toEqual([folder, true]);
  });
});

describe('the function', () => {
  it('gives no column of the table a value of another property: it would come up empty', () => {
    const text = readFileSync(join(ROOT, 'queries/FabricUserActivity.kql'), 'utf8');
    const named = [...text.matchAll(/^\s*(\w+) = to(?:string|bool|dynamic)\(AdditionalFields\b/gm)];
    expect(named.length).toBeGreaterThan(10);
    const columns = new Set(COLUMNS.map(({ name }) => name));
    expect(named.map(([, name = '']) => name).filter((name) => columns.has(name))).toEqual([]);
  });
});

describe('a property that is read', () => {
  it('may be read behind the column that it fills, and behind no other', () => {
    const read = (text: string) => propertiesRead(withoutFallbacks(text, MOVED));
    expect(read('T | extend ItemName = coalesce(ItemName, tostring(AdditionalFields.ItemName))')).toEqual([]);
    expect(read('T | extend W = coalesce(WorkspaceName, AdditionalFields.WorkSpaceName)')).toEqual([]);
    expect(read('T | extend A = coalesce(ObjectId, tostring(AdditionalFields.ItemName))')).toEqual([
      'ItemName',
    ]);
    expect(read('T | extend A = coalesce(tostring(AdditionalFields.ItemName), ItemName)')).toEqual([
      'ItemName',
    ]);
  });

  it.each([
    'T | where AdditionalFields.ItemName == "x"',
    'T | extend A = tostring(AdditionalFields.ItemName)',
    'T | extend A = AdditionalFields["ItemName"]',
    "T | extend A = tostring(AdditionalFields['ItemName'])",
    'T | extend A = parse_json(AdditionalFields).ItemName',
    'T | extend A = todynamic(tostring(AdditionalFields)) .ItemName.Deeper',
    'T | extend Extra = AdditionalFields\n| where Extra.ItemName == "x"',
    'T | extend Extra = parse_json(tostring(AdditionalFields)) | extend More = Extra | project More["ItemName"]',
    'let F = T | project A, Extra = AdditionalFields; F | project tostring(Extra.ItemName)',
    'T | where bag_has_key(AdditionalFields, "ItemName")',
    'T | extend A = extract_json("$.ItemName", tostring(AdditionalFields))',
    'T | extend A = extractjson("$[\'ItemName\']", tostring(AdditionalFields), typeof(string))',
    'T | where tostring(AdditionalFields) has "ItemName"',
    'T | where tostring(AdditionalFields) has_any ("Owner", "ItemName")',
    '{"query":"T | extend A = AdditionalFields[\\"ItemName\\"]"}',
  ])('is seen in %s', (text) => {
    expect(propertiesRead(text)).toContain('ItemName');
  });

  it.each([
    'T | where ItemName == "x" and AdditionalFields.SwitchState == "y"',
    'T | extend Extra = tostring(AdditionalFields.SharingInformation) | extend A = Extra.ItemName',
    'T | extend Extra = bag_pack("Event", AdditionalFields) | extend A = Extra.ItemName',
    'T | extend A = Party.ItemName, B = AdditionalFields.SharingInformation.ItemName',
    'T | project AdditionalFields, ItemName',
    'Everything else is in AdditionalFields. ItemName has a column.',
  ])('is not taken for another one in %s', (text) => {
    expect(propertiesRead(text)).not.toContain('ItemName');
  });

  it("may be the event's own ActivityId, but not the Id that fills the column of that name", () => {
    expect(
      ['ActivityId', 'Id', 'WorkSpaceName', 'WorkspaceName', 'SourceApi'].filter((name) => MOVED.has(name)),
    ).toEqual(['Id', 'WorkSpaceName', 'WorkspaceName', 'SourceApi']);
  });
});

function within(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && extname(entry.name) !== '.png')
    .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .filter((path) => !path.includes('/dist/'))
    .sort();
}

/** A file's text; of JSON and YAML each string by itself, since a query stands in them with marks of its own. */
function textsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  if (/\.json$/.test(path)) return stringsOf(JSON.parse(text));
  // Comments are no strings, and are read as well.
  return /\.ya?ml$/.test(path) ? [text, ...stringsOf(parse(text))] : [text];
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(stringsOf);
  if (typeof value !== 'string') return [];
  // A workbook is a string of JSON in its template.
  return /^\s*[{[]\s*["{]/.test(value) ? [value, ...stringsOf(jsonOf(value))] : [value];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
