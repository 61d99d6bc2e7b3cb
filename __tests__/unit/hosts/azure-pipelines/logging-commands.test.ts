import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commandIn } from '../../../../emulator/wire/agent-commands.ts';
import { harmless, loggingCommand } from '../../../../src/hosts/azure-pipelines/logging-commands.ts';

afterEach(() => {
  delete process.env.DECODE_PERCENTS;
});

/** As a comparison sees it that passes over what is not seen; a tab is. */
function seen(text: string): string {
  return text.replaceAll(/[[\p{Cf}\p{Cc}]--\t]/gv, '');
}

const PIECES = [
  '##',
  '#',
  'vso',
  'VSO',
  '[',
  'task.complete result=Succeeded',
  ']',
  '%',
  '%5D',
  ';',
  ' ',
  'ä',
];
const UNSEEN = ['\u200b', '\u00ad', '\u0000', '\ufeff', '\u2060', '\r', '\n', '\t'];
const text = fc.array(fc.constantFrom(...PIECES, ...UNSEEN)).map((pieces) => pieces.join(''));

describe('text from outside', () => {
  it('never becomes a command, in whatever pieces it comes', () => {
    fc.assert(
      fc.property(text, (given) => {
        for (const line of harmless(given).split(/[\r\n]+/)) expect(seen(line)).not.toMatch(/##(?:vso)?\[/i);
      }),
    );
  });

  it('stays as it is where there is nothing to fear', () => {
    for (const plain of ['HTTP 403 (100 %)', '## ✅ Complete', '["a",{"b":1}]', 'a\tb', '# vso[']) {
      expect(harmless(plain)).toBe(plain);
    }
  });
});

describe('a command', () => {
  it('is one line, from which the agent reads just what was given', () => {
    const name = fc.string({ minLength: 1 }).filter((value) => value.trim() !== '');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), name, (data, value) => {
        const line = loggingCommand('task.setvariable', { variable: value, isOutput: 'true' }, data);
        expect(line).not.toMatch(/[\r\n]/);
        const read = commandIn(line);
        expect(read?.name).toBe('task.setvariable');
        // Letters that stand for others are read as those: the agent has no way to tell.
        if (/%(?:0D|0A|5D|3B|AZP25)/.test(data + value)) return;
        expect(read).toMatchObject({ properties: { variable: value, isOutput: 'true' }, data });
      }),
    );
  });

  it('keeps percent signs where the agent is told not to decode them', () => {
    expect(loggingCommand('task.setsecret', {}, '5%')).toBe('##vso[task.setsecret]5%AZP25');
    process.env.DECODE_PERCENTS = 'False';
    expect(loggingCommand('task.setsecret', {}, '5%')).toBe('##vso[task.setsecret]5%');
  });
});
