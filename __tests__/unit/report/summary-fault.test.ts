/** What the summary sets out of a fault: one point after the other. */
import { describe, expect, it } from '@jest/globals';
import { ActionError, asActionError } from '../../../src/errors.ts';
import { dialectOf } from '../../../src/hosts/azure-pipelines/dialect.ts';
import { readInputs } from '../../../src/inputs/inputs.ts';
import { conclude } from '../../../src/report/conclusions.ts';
import { inHostWords } from '../../../src/report/host-words.ts';
import { newRunRecord } from '../../../src/report/run-record.ts';
import { summaryOf } from '../../../src/report/summary.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const CONTEXT = { repository: '', workflow: '', runId: 1, runAttempt: 1, event: '', runUrl: '' };

describe.each([
  ['GitHub', undefined],
  ['Azure Pipelines', dialectOf(undefined)],
])('a fault in the summary on %s', (_, dialect) => {
  /** The alert without the signs of a quotation, and the line of the annotation. */
  function told(fault: ActionError): { alert: string; line: string } {
    const record = newRunRecord(NOW);
    record.fault = fault;
    const conclusions = inHostWords(conclude(record), dialect);
    const text = summaryOf(record, conclusions, CONTEXT, NOW, dialect);
    const line = conclusions.faults.get(fault.code)?.message ?? '';
    expect(line).not.toContain('\n');
    if (dialect !== undefined) {
      expect(text).not.toMatch(/^>/m);
      return { alert: text, line };
    }
    const from = text.indexOf('> [!CAUTION]');
    const alert = text.slice(from, text.indexOf('\n\n', from));
    for (const quoted of alert.split('\n')) expect(quoted).toMatch(/^>(?: |$)/);
    return { alert: alert.replaceAll(/^> ?/gm, ''), line };
  }

  function refused(values: Readonly<Record<string, string>>): ActionError {
    try {
      readInputs(
        (name) => values[name] ?? '',
        NOW,
        ['HTTPS_PROXY: expected a URL, got "proxy"'],
        dialect?.inputs,
      );
    } catch (error) {
      return asActionError(error);
    }
    throw new Error('no input was refused');
  }

  const written = (name: string) => dialect?.inputs.written(name) ?? name;

  it('has a bullet for each input that was refused', () => {
    const { alert, line } = told(
      refused({ 'client-secret': 'x', concurrency: '17', 'stream-name': '<b>|a; b: expected c</b>' }),
    );
    const points = alert.split('\n').filter((one) => one.startsWith('- '));
    expect(points).toEqual([
      '- HTTPS\\_PROXY: expected a URL, got "proxy"',
      ...['tenant-id', 'client-id'].map((name) => expect.stringContaining(`- ${written(name)}: expected`)),
      expect.stringContaining(`- ${written('dcr-endpoint')}: expected`),
      `- ${written('stream-name')}: expected a stream name that begins with "Custom-", got "&lt;b&gt;\\|a; b: expected c&lt;/b&gt;"`,
      expect.stringContaining(`- ${written('dcr-immutable-id')}: expected`),
      '- concurrency: expected a whole number from 1 to 16, got "17"',
    ]);
    expect(alert).toContain('**Inputs refused.**\n\n- HTTPS');
    expect(alert).toMatch(/got "17"\n\n\*\*What to do:\*\* Correct what is named here/);
    expect(line).toMatch(/^Inputs refused: HTTPS_PROXY: .*; .*got "17"\. Correct/);
  });

  it('names an input that is found later as the host does', () => {
    const points = ['state-file and replay-file: expected two different paths, got the same'];
    const { alert, line } = told(new ActionError('inputs', { points }));
    const names = `${written('state-file')} and ${written('replay-file')}: expected`;
    expect(alert).toContain(`\n- ${names}`);
    expect(line).toContain(`Inputs refused: ${names}`);
  });
});
