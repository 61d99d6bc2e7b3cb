/** What the summary sets out of a fault: one point after the other, and values that are copied to the letter. */
import { describe, expect, it } from '@jest/globals';
import { refusalError } from '../../../src/auth/entra-refusal.ts';
import { ActionError, asActionError } from '../../../src/errors.ts';
import { dialectOf } from '../../../src/hosts/azure-pipelines/dialect.ts';
import { readInputs } from '../../../src/inputs/inputs.ts';
import { afterRefusals, conclude } from '../../../src/report/conclusions.ts';
import { inHostWords } from '../../../src/report/host-words.ts';
import { valuesBlock } from '../../../src/report/markdown.ts';
import { newRunRecord } from '../../../src/report/run-record.ts';
import { summaryOf } from '../../../src/report/summary.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const CONTEXT = { repository: '', workflow: '', runId: 1, runAttempt: 1, event: '', runUrl: '' };

const GITHUB = {
  iss: 'https://token.actions.githubusercontent.com',
  sub: 'repo:example-org@1001/activity@2002:environment:production',
  aud: 'api://AzureADTokenExchange',
};
const AZURE_DEVOPS = {
  iss: 'https://login.microsoftonline.com/00000000-0000-4000-8000-000000000001/v2.0',
  sub: '/eid1/c/pub/t/AQAAAAAAAECAAAAAAAAAAQ/a/AQAAAAAAAECAAAAAAAAAAg/sc/00000000-0000-4000-8000-000000000002/00000000-0000-4000-8000-000000000003',
  aud: 'api://AzureADTokenExchange',
};

function jwt(claims: unknown): string {
  return `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
}

function unmatched(claims: unknown): ActionError {
  const refusal = { codes: [700213], error: 'invalid_client' };
  return refusalError(refusal, { resource: 'https://monitor.azure.com', assertion: jwt(claims) });
}

describe.each([
  ['GitHub', undefined, GITHUB],
  ['Azure Pipelines', dialectOf(undefined), AZURE_DEVOPS],
])('a fault in the summary on %s', (_, dialect, claims) => {
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

  it('gives what the ID token presented in a block of code, to the letter', () => {
    const { alert, line } = told(unmatched(claims));
    expect(alert).toContain(
      [
        '**No federated credential matches.** AADSTS700213 invalid\\_client; presented were:',
        '',
        '```text',
        `issuer:   ${claims.iss}`,
        `subject:  ${claims.sub}`,
        `audience: ${claims.aud}`,
        '```',
        '',
        '**What to do:** ',
      ].join('\n'),
    );
    expect(line).toContain(
      `presented were issuer "${claims.iss}", subject "${claims.sub}", audience "${claims.aud}". `,
    );
  });

  it('gives them too where another source had refused before', () => {
    const { parts, code } = unmatched(claims);
    const { alert } = told(afterRefusals(code, parts, ['power-bi: HTTP 401']));
    expect(alert).toContain(
      'power-bi: HTTP 401; AADSTS700213 invalid\\_client; presented were:\n\n```text\n',
    );
    expect(alert).toContain(`\nsubject:  ${claims.sub}\n`);
  });

  it('lets no claim end the block', () => {
    const { alert } = told(unmatched({ ...claims, sub: 'a\n```\n# b' }));
    expect(alert).toContain('\nsubject:  a?????? b\n');
    expect(valuesBlock({ a: 'b\n```\nc' })).toEqual(['```text', 'a: b?c', '```']);
  });
});
