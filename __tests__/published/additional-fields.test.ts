/** A property that has become a column is no longer in AdditionalFields: what still reads it there comes up empty. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { COLUMNS } from '../../src/rows/columns.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Folders and files that hold queries, or tell how to write them. */
const PLACES = ['queries', 'sentinel', 'infra', 'docs', 'examples', 'azure-pipelines/examples', 'README.md'];
/** Properties that fill a column. The event's own ActivityId is another one than the column of that name, and stays. */
const MOVED = new Set(COLUMNS.flatMap(({ from }) => from));

/** Properties that a text reads from AdditionalFields: by a dot or in brackets, the quotes escaped as in JSON too. */
function readsOf(text: string): string[] {
  const reads = /AdditionalFields\)?\)?(?:\.([A-Za-z_]\w*)|\[\s*\\?["']([^"'\\]+)\\?["']\s*\])/g;
  return [...text.matchAll(reads)].map(([, dotted, quoted]) => dotted ?? quoted ?? '');
}

function filesOf(place: string): string[] {
  if (/\.\w+$/.test(place)) return [place];
  return readdirSync(join(ROOT, place), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(kql|ya?ml|json|bicep|tf|md|csv)$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

describe('what reads AdditionalFields', () => {
  it('is found however it is written', () => {
    const text =
      `AdditionalFields.A, todynamic(AdditionalFields).B.x, AdditionalFields["C"], AdditionalFields['D'], ` +
      String.raw`"query": "parse_json(tostring(AdditionalFields))[\"E\"]", bag_keys(AdditionalFields)`;
    expect(readsOf(text)).toEqual(['A', 'B', 'C', 'D', 'E']);
  });

  it('reads nothing there that has a column', () => {
    const files = PLACES.flatMap(filesOf);
    const found = files.flatMap((file) =>
      readsOf(readFileSync(join(ROOT, file), 'utf8')).map((property) => ({ file, property })),
    );
    expect(found.length).toBeGreaterThan(50);
    expect(found.filter(({ property }) => MOVED.has(property))).toEqual([]);
  });

  it('gives no column a name that the table has already: it would come up empty', () => {
    const text = readFileSync(join(ROOT, 'queries/FabricUserActivity.kql'), 'utf8');
    const named = [...text.matchAll(/^\s*(\w+) = to(?:string|bool|dynamic)\(AdditionalFields\b/gm)];
    expect(named.length).toBeGreaterThan(10);
    const columns = new Set(COLUMNS.map(({ name }) => name));
    expect(named.map(([, name = '']) => name).filter((name) => columns.has(name))).toEqual([]);
  });
});
