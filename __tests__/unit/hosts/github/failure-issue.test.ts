import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import nock from 'nock';
import { ActionError } from '../../../../src/errors.ts';
import type { Host } from '../../../../src/host.ts';
import { trackFailure } from '../../../../src/hosts/github/failure-issue.ts';
import type { RunResult } from '../../../../src/pipeline/run.ts';
import { conclude } from '../../../../src/report/conclusions.ts';
import { newRunRecord, type RunRecord } from '../../../../src/report/run-record.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const DAY = 86_400_000;
const ISSUES = '/repos/octo/compliance/issues';
/** Whom the workflow's own token belongs to. */
const BOT = { login: 'github-actions[bot]' };

afterEach(() => nock.cleanAll());
afterAll(() => nock.restore());

function hostWith(
  inputs: Record<string, string>,
  event = 'workflow_dispatch',
): Host & { warnings: string[] } {
  const warnings: string[] = [];
  const nothing = () => undefined;
  return {
    warnings,
    getInput: (name) => ({ 'github-token': 'synthetic', 'failure-issue': 'true', ...inputs })[name] ?? '',
    idTokenRequest: { url: undefined, token: undefined },
    clock: { now: () => NOW, sleep: async () => undefined },
    log: {
      info: nothing,
      warning: (line) => warnings.push(line),
      error: nothing,
      startGroup: nothing,
      endGroup: nothing,
    },
    mask: nothing,
    setOutput: nothing,
    writeSummary: async () => undefined,
    context: {
      repository: 'octo/compliance',
      workflow: 'Collect',
      runId: 42,
      runAttempt: 1,
      event,
      runUrl: 'https://github.com/octo/compliance/actions/runs/42/attempts/1',
    },
    cancelled: new AbortController().signal,
    proxyFaults: [],
  };
}

function failed(): RunResult {
  const record = newRunRecord(NOW);
  record.fault = new ActionError('source-refused', 'power-bi: HTTP 401 PowerBINotAuthorizedException');
  return { record, conclusions: conclude(record) };
}

function good(change: (record: RunRecord) => void = () => undefined): RunResult {
  const record = newRunRecord(NOW);
  record.collected.source = 'power-bi';
  record.collected.isWhole = true;
  change(record);
  return { record, conclusions: conclude(record) };
}

function api(): nock.Scope {
  return nock('https://api.github.com');
}

/** Runs against a repository without issues, and gives back what was opened. */
async function opened(result: RunResult): Promise<{ title: string; body: string }> {
  let created = { title: '', body: '' };
  api().get(ISSUES).query(true).reply(200, []);
  api()
    .post(ISSUES, (body) => {
      created = body;
      return true;
    })
    .reply(201, { number: 7 });
  await trackFailure(result, hostWith({}));
  return created;
}

describe('the failure issue', () => {
  it('is opened at the first red run, with cause, remedy and link', async () => {
    const { title, body } = await opened(failed());
    expect(title).toBe('Activity collection failed: Collect');
    expect(body).toContain('PowerBINotAuthorizedException');
    expect(body).toContain('**What to do:** Enable the tenant setting');
    expect(body).toContain('https://github.com/octo/compliance/actions/runs/42/attempts/1');
    expect(nock.isDone()).toBe(true);
  });

  it('is opened for a green run that is incomplete', async () => {
    const result = good((record) => {
      record.files = { ...record.files, carriesOn: true };
      record.outOfTime = 'the deadline came';
    });
    const { body } = await opened(result);
    expect(body).toContain('Out of time');
  });

  it('is updated rather than repeated, and counts the runs', async () => {
    const { body } = await opened(failed());
    let update = '';
    api()
      .get(ISSUES)
      .query(true)
      .reply(200, [
        { number: 3, body: 'somebody else', user: BOT },
        { number: 5, body, pull_request: {}, user: BOT },
        { number: 7, body, user: BOT },
      ]);
    api()
      .patch(`${ISSUES}/7`, (change) => {
        update = change.body;
        return change.state === undefined;
      })
      .reply(200, {});
    await trackFailure(failed(), hostWith({}));
    expect(update).toContain('2 runs since 2026-11-20T12:00Z');
    expect(nock.isDone()).toBe(true);
  });

  it('is closed with a comment by the first good run', async () => {
    const { body } = await opened(failed());
    api()
      .get(ISSUES)
      .query(true)
      .reply(200, [{ number: 7, body, user: BOT }]);
    api()
      .post(`${ISSUES}/7/comments`, /Good again/)
      .reply(201, {});
    api().patch(`${ISSUES}/7`, { state: 'closed' }).reply(200, {});
    await trackFailure(good(), hostWith({}));
    expect(nock.isDone()).toBe(true);
  });

  it.each([
    ['a stranger', 'stranger', undefined],
    ['a person whose name looks like the bot', 'github-actions', undefined],
    ['the bot, where the token is a person’s', 'github-actions[bot]', 'octocat'],
    ['nobody', undefined, undefined],
  ])('of %s is neither written to nor believed: one of our own is opened', async (_who, login, viewer) => {
    const { body } = await opened(failed());
    const forged = body.replace('runs: 1,', 'runs: 99,');
    if (viewer !== undefined)
      api()
        .post('/graphql')
        .reply(200, { data: { viewer: { login: viewer } } });
    api()
      .get(ISSUES)
      .query(true)
      .reply(200, [{ number: 7, body: forged, user: login === undefined ? null : { login } }]);
    let created = '';
    api()
      .post(ISSUES, (issue) => {
        created = issue.body;
        return true;
      })
      .reply(201, { number: 8 });
    await trackFailure(failed(), hostWith({}));
    expect(created).toMatch(/^The run/);
    expect(created).toContain('<!-- runs: 1,');
    expect(nock.isDone()).toBe(true);
  });

  it('of the person whom the token belongs to is ours', async () => {
    const { body } = await opened(failed());
    api()
      .post('/graphql')
      .reply(200, { data: { viewer: { login: 'octocat' } } });
    api()
      .get(ISSUES)
      .query(true)
      .reply(200, [{ number: 7, body, user: { login: 'Octocat' } }]);
    api().patch(`${ISSUES}/7`).reply(200, {});
    await trackFailure(failed(), hostWith({}));
    expect(nock.isDone()).toBe(true);
  });

  it('goes nowhere by a redirect, and says so', async () => {
    const host = hostWith({});
    api().get(ISSUES).query(true).reply(307, '', { location: 'https://evil.example/issues' });
    await trackFailure(failed(), host);
    expect(host.warnings).toEqual([
      expect.stringContaining('HTTP 307 from api.github.com: redirects are not followed'),
    ]);
  });

  it('of a silent API is told as such', async () => {
    const host = hostWith({});
    api()
      .get(ISSUES)
      .query(true)
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    await trackFailure(failed(), host);
    expect(host.warnings).toEqual([
      expect.stringContaining("(ECONNRESET from api.github.com). Check that the runner reaches GitHub's API"),
    ]);
  });

  it('of another rule is left alone', async () => {
    const { body } = await opened(failed());
    api()
      .get(ISSUES)
      .query(true)
      .reply(200, [{ number: 7, body, user: BOT }]);
    await trackFailure(good(), hostWith({ 'dcr-immutable-id': 'another' }));
    expect(nock.isDone()).toBe(true);
  });

  it('is not touched by a good run where there is none', async () => {
    api().get(ISSUES).query(true).reply(200, []);
    await trackFailure(good(), hostWith({}));
    expect(nock.isDone()).toBe(true);
  });

  it('never fails the step: a missing permission is a warning with its remedy', async () => {
    api().get(ISSUES).query(true).reply(403, { message: 'Resource not accessible by integration' });
    const host = hostWith({});
    await trackFailure(failed(), host);
    expect(host.warnings).toEqual([expect.stringMatching(/HTTP 403.*issues: write/)]);
  });

  it.each([
    ['without a token', { 'github-token': '' }],
    ['when it is not asked for', { 'failure-issue': 'false' }],
  ])('is not kept %s', async (_, inputs) => {
    const host = hostWith(inputs);
    await trackFailure(failed(), host);
    expect(host.warnings).toEqual([]);
    expect(nock.isDone()).toBe(true);
  });
});

describe('a schedule that GitHub is about to disable', () => {
  const cases: [string, number, boolean, string, boolean][] = [
    ['is said ten days ahead', 51, false, 'schedule', true],
    ['is not said earlier', 49, false, 'schedule', false],
    ['is not said of private repositories', 59, true, 'schedule', false],
  ];
  it.each(cases)('%s', async (_, days, isPrivate, event, told) => {
    api()
      .get('/repos/octo/compliance')
      .reply(200, { private: isPrivate, pushed_at: new Date(NOW - days * DAY).toISOString() });
    const host = hostWith({ 'failure-issue': 'false' }, event);
    await trackFailure(good(), host);
    expect(nock.isDone()).toBe(true);
    expect(host.warnings.some((line) => line.includes('disables scheduled workflows'))).toBe(told);
  });
});
