import { describe, expect, it } from '@jest/globals';
import { ActionError, FAULTS, type FaultCode } from '../../../src/errors.ts';
import { dialectOf } from '../../../src/hosts/azure-pipelines/dialect.ts';
import { INPUT_NAMES } from '../../../src/inputs/names.ts';
import type { Conclusions } from '../../../src/report/conclusions.ts';
import { inHostWords, ourWords } from '../../../src/report/host-words.ts';

const azure = dialectOf(undefined);

function conclusions(error: ActionError, notice = ''): Conclusions {
  return {
    faults: new Map([[error.code, error]]),
    notices: new Map([['clock', notice]]),
    isComplete: false,
    failed: 0,
  };
}

function told(error: ActionError): string {
  return inHostWords(conclusions(error), azure).faults.get(error.code)?.message ?? '';
}

describe('the words of Azure Pipelines', () => {
  it.each(Object.keys(FAULTS) as FaultCode[])('name no input of the Action in the remedy of %s', (code) => {
    if (code === 'oidc-permission' || code === 'oidc-request') return;
    const { remedy } = inHostWords(conclusions(new ActionError(code, 'x')), azure).faults.get(code) ?? {};
    for (const name of INPUT_NAMES.filter((one) => one.includes('-')))
      expect(remedy).not.toContain(`"${name}"`);
    expect(remedy).not.toMatch(/\b(?:GitHub|runners?|workflow|the action)\b/);
  });

  it('leave alone what comes from outside', () => {
    const detail = 'HTTP 404: secret "client-secret" in https://runner.vault.azure.net at /home/runner/x';
    expect(told(new ActionError('vault-secret-missing', detail))).toContain(detail);
  });

  it('name an input at the beginning of a fault that is found later', () => {
    expect(told(new ActionError('inputs', 'end-time: expected an instant, got nothing'))).toMatch(
      /^Inputs refused: endTime: expected an instant, got nothing\. Correct .* in the pipeline/,
    );
    expect(
      told(new ActionError('inputs', 'state-file and rejected-file: expected two paths, got one')),
    ).toMatch(/: stateFile and rejectedFile: expected/);
  });

  it('keep the remedy that a fault has of its own', () => {
    const error = new ActionError('source-refused', 'x', { remedy: 'Ask "fabric-url" of the runner.' });
    expect(told(error)).toMatch(/ Ask "fabricUrl" of the agent\.$/);
  });

  it('are said of notices and of our own notes', () => {
    const notice = "The runner's clock is off. Set the clock of the runner (NTP).";
    const said = inHostWords(conclusions(new ActionError('inputs', 'x'), notice), azure).notices.get('clock');
    expect(said).toBe("The agent's clock is off. Set the clock of the agent (NTP).");
    expect(ourWords('because `workspace-ids` is given.', azure)).toBe('because `workspaceIds` is given.');
    expect(ourWords('because `workspace-ids` is given.', undefined)).toBe(
      'because `workspace-ids` is given.',
    );
  });
});
