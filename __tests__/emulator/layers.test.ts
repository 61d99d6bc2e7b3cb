/** The emulator's folders form a stack: a file may import its own folder and those below, and no two files each other. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../../emulator');
const ORDER = [
  ...['main.ts', 'runner.ts', 'server.ts', 'stats.ts', 'environment.ts', 'emulator.ts'],
  ...['services', 'wire', 'kusto', 'tenant'],
];

const files = readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = text.matchAll(/^(?:import|export)\b[^;]*?from '(\.[^']+)';/gms);
  return [...found]
    .map(([, path = '']) => relative(ROOT, join(ROOT, dirname(file), path)))
    .filter((path) => files.includes(path));
}

it('imports lead downwards only', () => {
  const floorOf = (file: string) => ORDER.indexOf(file.split(sep)[0] ?? '');
  expect(files.filter((file) => floorOf(file) < 0)).toEqual([]);
  const upwards = [...imports].flatMap(([file, all]) =>
    all.filter((one) => floorOf(one) < floorOf(file)).map((one) => `${file} -> ${one}`),
  );
  expect(upwards).toEqual([]);
});

it('imports never lead back', () => {
  const open: string[] = [];
  const closed = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string): void => {
    if (open.includes(file)) circles.push([...open.slice(open.indexOf(file)), file].join(' -> '));
    if (open.includes(file) || closed.has(file)) return;
    open.push(file);
    for (const next of imports.get(file) ?? []) visit(next);
    open.pop();
    closed.add(file);
  };
  for (const file of files) visit(file);
  expect(circles).toEqual([]);
});
