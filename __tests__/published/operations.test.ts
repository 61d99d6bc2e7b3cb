/** Every published operation has a class, and the function gives it that class. */
import { describe, expect, it } from '@jest/globals';
import { CLASS_RULES, classByRule, OTHER } from '../../infra/generate/operation-rules.ts';
import { readOperations } from '../../infra/generate/operations.ts';
import { answer, type Cells, event } from './workspace.ts';

const operations = readOperations();
const names = operations.map(({ name }) => name);

describe('queries/operations.tsv', () => {
  it('lists each operation once, in order', () => {
    expect(operations.length).toBeGreaterThan(740);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(names).toEqual([...names].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
    for (const name of names) expect(name).toMatch(/^[A-Z]\w+$/);
  });

  it('has a class of the known ones for each', () => {
    const known = [...new Set([OTHER, ...CLASS_RULES.map(({ gives }) => gives)])].sort();
    expect([...new Set(operations.map(({ operationClass }) => operationClass))].sort()).toEqual(known);
  });

  it('says what every operation means that shares, grants, exports, or weakens the tenant', () => {
    const telling = operations.filter(({ meaning }) => meaning !== '');
    expect(telling.length).toBeGreaterThan(250);
    expect(
      operations.filter(({ operationClass, meaning }) => operationClass === 'Sharing' && meaning === '')
        .length,
    ).toBeLessThan(10);
  });
});

describe('the function', () => {
  it('gives each operation the class of the list, in any letter case', () => {
    const rows = [...names, ...names.map((name) => name.toUpperCase())].map(
      (name): Cells => event(3, { Operation: name }),
    );
    const found = answer('FabricUserActivity() | project Operation, OperationClass, IsRoutine', rows);
    const expected = new Map(operations.map((each) => [each.name.toUpperCase(), each]));
    expect(found).toHaveLength(rows.length);
    const wrong = found.filter(({ Operation, OperationClass, IsRoutine }) => {
      const each = expected.get(String(Operation).toUpperCase());
      return OperationClass !== each?.operationClass || IsRoutine !== each?.isRoutine;
    });
    expect(wrong).toEqual([]);
  });

  it.each([
    ['ShareSomethingNew', 'Sharing'],
    ['ExportSomethingNew', 'Export'],
    ['GetNovelThingsAsAdmin', 'AdminRead'],
    ['GetNovelThing', 'View'],
    ['UpdateNovelTenantSettingDelegation', 'TenantSetting'],
    ['DeactivatePolicySet', 'TenantSetting'],
    ['UpdateNovelAccess', 'Permission'],
    ['RotateNovelCredentials', 'Credential'],
    ['DropNovelTable', 'Deletion'],
    ['CreateNovelThing', 'Create'],
    ['Novelty', 'Other'],
  ])('sorts the unknown %s by its name into %s', (operation, operationClass) => {
    expect(names).not.toContain(operation);
    expect(classByRule(operation)).toBe(operationClass);
    expect(answer('FabricUserActivity()', [event(3, { Operation: operation })])).toMatchObject([
      { Operation: operation, OperationClass: operationClass, IsRoutine: false },
    ]);
  });
});
