/** The project's own commands refuse what they don't know, rather than begin a quarter of an hour of work. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = `
import { readFlags } from './tools/flags.ts';
console.log(JSON.stringify(readFlags('npm run x --', 'About.', { quick: 'is quick', write: 'writes' })));`;

function flags(...given: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '--eval', PROGRAM, '--', 'x', ...given],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  );
  return { status, out: stdout.trim(), err: stderr.trim() };
}

describe('the flags of a command', () => {
  it.each([[['--quick']], [['quick']]])('are known with their dashes and without: %j', (given) => {
    expect(flags(...given)).toEqual({ status: 0, out: '{"quick":true,"write":false}', err: '' });
  });

  it.each([[['--quik']], [['quik']], [['--quick=yes']], [['-q']]])(
    'are refused where unknown: %j',
    (given) => {
      const { status, out, err } = flags(...given);
      expect([status, out]).toEqual([1, '']);
      expect(err).toContain('Expected one of --quick, --write, --help: npm run x -- --help tells more.');
    },
  );

  it('are told by --help', () => {
    expect(flags('--help')).toMatchObject({ status: 0, out: expect.stringContaining('--write      writes') });
  });
});
