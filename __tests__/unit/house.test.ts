/** Folders follow the data: a file may import its own folder and those below, and no import leads back to where it began. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** From the edge down. */
const HOUSES = {
  src: [
    ...['hosts', 'pipeline', 'report', 'host.ts', 'destination', 'sources', 'checkpoint'],
    ...['auth', 'inputs', 'rows', 'http', 'files', 'time', 'errors.ts'],
  ],
  emulator: [
    ...[
      'main.ts',
      'runner.ts',
      'pipelines-agent.ts',
      'server.ts',
      'stats.ts',
      'environment.ts',
      'emulator.ts',
    ],
    ...['services', 'wire', 'kusto', 'tenant'],
  ],
} as const;

describe.each(Object.entries(HOUSES))('%s', (house, order) => {
  const root = join(import.meta.dirname, '../..', house);
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  const floorOf = (file: string) => order.indexOf(file.split(sep)[0] as never);

  function importsOf(file: string): string[] {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(/(?:\bfrom\s|\bimport\()\s*'(\.[^']+)'/g)]
      .map(([, path = '']) => relative(root, join(root, dirname(file), path)))
      .filter((path) => files.includes(path));
  }

  it('has a floor for every file', () => {
    expect(files.filter((file) => floorOf(file) < 0)).toEqual([]);
    expect(files.length).toBeGreaterThan(50);
  });

  it('imports nothing from above', () => {
    const upwards = [...imports].flatMap(([file, all]) =>
      all.filter((one) => floorOf(one) < floorOf(file)).map((one) => `${file} -> ${one}`),
    );
    expect(upwards).toEqual([]);
  });

  it('has no circle', () => {
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

  it('keeps one host out of the other', () => {
    const across = [...imports].flatMap(([file, all]) =>
      all.filter((one) => isHost(file) && isHost(one) && hostOf(one) !== hostOf(file)),
    );
    expect(across).toEqual([]);
  });
});

function isHost(file: string): boolean {
  return file.startsWith(`hosts${sep}`) && file.split(sep).length > 2;
}

function hostOf(file: string): string | undefined {
  return file.split(sep)[1];
}
