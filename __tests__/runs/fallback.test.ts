/** Which source serves, what stands in for it, and what is said of that. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import type { WholeRun } from '../support/invariants.ts';
import {
  allIngested,
  asking,
  closeTenants,
  expectEachOnce,
  onlyError,
  startTenant,
  wholeHours,
  wholeRun,
} from '../support/whole-run.ts';

afterAll(closeTenants);

const RANGE = wholeHours(3);
const workspace = (number: number) => `00000000-0000-4000-8000-0000000000b${number}`;
const READABLE = [1, 2, 4, 5, 7].map(workspace);
const UNREADABLE = [3, 6].map(workspace);
const REMEDY =
  /"Service principals can access read-only admin APIs" for a security group that holds the app, and remove admin-consent Power BI permissions/;

/** A tenant whose setting keeps service principals out of the admin APIs. */
async function closedTenant(): Promise<Emulator> {
  const emulator = await startTenant();
  emulator.configure.powerBiAllowed = false;
  return emulator;
}

function expectRecords(emulator: Emulator, run: WholeRun, ids: readonly string[]): void {
  expect(emulator.table.map((row) => row.WorkspaceId).sort()).toEqual([...ids].sort());
  for (const { receivedAt, ...row } of emulator.table) {
    const at = String(row.CreationTime);
    expect(Math.abs(Date.parse(at) - receivedAt)).toBeLessThan(30_000);
    expect(row).toMatchObject({
      ActivityId: `workspace-access-${row.WorkspaceId}-${Math.floor(Date.parse(at) / 1000)}`,
      TimeGenerated: at,
      RecordType: 'WorkspaceAccess',
      Operation: 'WorkspaceViewed',
      ActivityType: 'WorkspaceViewed',
      Activity: 'WorkspaceAccess',
      WorkspaceName: expect.any(String),
      CapacityId: '00000000-0000-4000-8000-0000000000c1',
      UserId: 'ServicePrincipal',
      UserType: 'ServicePrincipal',
      Workload: 'PowerBI',
      SourceApi: 'workspaces',
    });
  }
  const texts = Object.entries({ collected: ids.length, ingested: ids.length, failed: 0 });
  expect(run.outputs).toMatchObject({
    ...Object.fromEntries(texts.map(([name, value]) => [`activities-${name}`, String(value)])),
    source: 'workspaces',
    complete: 'false',
  });
  expect(run.code).toBe(0);
  const warning = run.warnings.find(({ title }) => title === 'Workspace records, not activity');
  expect(warning?.message).toMatch(/could read a workspace, not that anybody used it/);
  expect(run.summary).toContain('not that anybody used it');
}

describe('source: auto', () => {
  it.concurrent('falls back on workspace records where no activity log lets the app in', async () => {
    const emulator = await closedTenant();
    const run = await wholeRun(emulator, { real: true, inputs: asking(RANGE) });
    expectRecords(emulator, run, READABLE);
    expect(run.outputs).toMatchObject({
      'fallback-used': 'true',
      'fallback-reason': 'power-bi: HTTP 401 PowerBINotAuthorizedException; fabric: HTTP 404 EntityNotFound',
    });
    const unreadable = run.warnings.find(({ title }) => title === 'Unreadable workspaces')?.message;
    for (const id of UNREADABLE) expect(unreadable).toContain(`${id} (HTTP 403 InsufficientPrivileges)`);
    for (const id of READABLE) expect(`${run.log}${run.summary}`).not.toContain(id);
    // Three pages of the list, each workspace, and nothing asked twice.
    expect(emulator.requestsTo('power-bi')).toHaveLength(1);
    const asked = emulator
      .requestsTo('fabric')
      .map(({ path, query }) => `${path}${query.continuationToken ?? ''}`);
    expect(asked).toHaveLength(1 + 3 + 7);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it.concurrent('fails instead where fallback is false, and names the remedy', async () => {
    const emulator = await closedTenant();
    const run = await wholeRun(emulator, { inputs: { ...asking(RANGE), fallback: 'false' } });
    const { title, message } = onlyError(run);
    expect(title).toBe('Activity log refused');
    expect(message).toMatch(REMEDY);
    expect(message).toContain('"fallback: false"');
    expect(run.outputs).toMatchObject({ 'fallback-used': 'false', source: '', 'activities-collected': '0' });
    expect(run.outputs['fallback-reason']).toMatch(/^power-bi: HTTP 401 .*; fabric: HTTP 404/);
    expect(emulator.requestsTo('fabric').map(({ path }) => path)).toEqual(['/v1/admin/activities']);
    expect(emulator.rowCount).toBe(0);
  });

  it.concurrent('takes the Fabric log where that one lets the app in', async () => {
    const emulator = await closedTenant();
    emulator.configure.fabricActivities = 'served';
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    expect(run.outputs).toMatchObject({ ...allIngested(15), source: 'fabric', 'fallback-used': 'false' });
    expect(run.outputs['fallback-reason']).toBe('power-bi: HTTP 401 PowerBINotAuthorizedException');
    expectEachOnce(emulator, RANGE);
  });

  it.concurrent('is not put off by a refusal in the middle of a run: those hours are missing', async () => {
    const emulator = await startTenant();
    const late = ({ query }: { query: Readonly<Record<string, string>> }) =>
      query.startDateTime === `'${new Date(RANGE.end - 3_600_000).toISOString()}'`;
    emulator.fault({
      service: 'power-bi',
      match: late,
      status: 401,
      body: { error: { code: 'PowerBINotAuthorizedException' } },
    });
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    expect(onlyError(run).message).toMatch(/^Hours not collected: .*HTTP 401 PowerBINotAuthorizedException/);
    expect(run.outputs).toMatchObject({
      source: 'power-bi',
      'activities-ingested': '10',
      'fallback-reason': 'power-bi: HTTP 401 PowerBINotAuthorizedException',
    });
    expectEachOnce(emulator, { start: RANGE.start, end: RANGE.end - 3_600_000 });
  });

  it.concurrent('stops where the source refuses one hour after the other, and names the remedy', async () => {
    const emulator = await startTenant();
    const range = wholeHours(20);
    emulator.fault({
      service: 'power-bi',
      skip: 8,
      times: Number.POSITIVE_INFINITY,
      status: 401,
      body: { error: { code: 'PowerBINotAuthorizedException' } },
    });
    const run = await wholeRun(emulator, { inputs: { ...asking(range), concurrency: '1' } });
    expect(onlyError(run).message).toMatch(REMEDY);
    expect(onlyError(run).message).toMatch(/3 times in a row; 1\d of 20 hours were not collected/);
    expect(run.outputs['fallback-reason']).toBe('power-bi: HTTP 401 PowerBINotAuthorizedException');
    expect(emulator.requestsTo('power-bi').length).toBeLessThanOrEqual(8 + 3);
    // What was collected before is in the table.
    expect(emulator.rowCount).toBe(Number(run.outputs['activities-ingested']));
    expect(emulator.rowCount).toBeGreaterThanOrEqual(15);
  });

  it.concurrent.each([
    ['the list of workspaces', '/v1/workspaces', 'Workspaces refused'],
    ['the Fabric log', '/v1/admin/activities', 'Source not reached'],
  ])('names what refused before, where %s fails', async (_title, path, title) => {
    const emulator = await closedTenant();
    const status = title === 'Workspaces refused' ? 401 : 501;
    const match = (call: { path: string }) => call.path === path;
    emulator.fault({ service: 'fabric', match, status, times: Number.POSITIVE_INFINITY });
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    expect(onlyError(run).message).toMatch(/power-bi: HTTP 401 PowerBINotAuthorizedException; /);
    expect(onlyError(run).message).toMatch(REMEDY);
  });

  it.concurrent('does not take an expired token for a refusal', async () => {
    const emulator = await startTenant();
    emulator.fault({ service: 'power-bi', expireTokens: true });
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    expect(run.outputs).toMatchObject({ ...allIngested(15), source: 'power-bi', 'fallback-reason': '' });
    expectEachOnce(emulator, RANGE);
    expect(emulator.requestsTo('fabric')).toEqual([]);
  });

  it.concurrent('ends red where no workspace can be read either', async () => {
    const emulator = await closedTenant();
    emulator.configure.fabricAllowed = false;
    const run = await wholeRun(emulator, { inputs: asking(RANGE) });
    const { message } = onlyError(run);
    expect(message).toMatch(/HTTP 401.*"Service principals can use Fabric APIs"/);
    expect(emulator.rowCount).toBe(0);
  });
});

describe('one source', () => {
  it.concurrent('power-bi: refused is refused', async () => {
    const emulator = await closedTenant();
    const run = await wholeRun(emulator, { inputs: { ...asking(RANGE), source: 'power-bi' } });
    const { message } = onlyError(run);
    expect(message).toMatch(/^Activity log refused: power-bi: HTTP 401 PowerBINotAuthorizedException\./);
    expect(message).toMatch(REMEDY);
    expect(run.outputs['fallback-reason']).toBe('power-bi: HTTP 401 PowerBINotAuthorizedException');
    expect(emulator.requestsTo('fabric')).toEqual([]);
  });

  it.concurrent('fabric: the whole window in one chain of pages', async () => {
    const emulator = await startTenant({ eventsPerHour: 40, pageSize: 7 });
    emulator.configure.fabricActivities = 'served';
    const range = { start: RANGE.start + 90_000, end: RANGE.end - 600_000 };
    const run = await wholeRun(emulator, { real: true, inputs: { ...asking(range), source: 'fabric' } });
    const events = emulator.eventsIn(range.start, range.end).length;
    expect(run.outputs).toMatchObject({ ...allIngested(events), source: 'fabric', 'fallback-used': 'false' });
    expectEachOnce(emulator, range);
    expect(new Set(emulator.posted.map((row) => row.SourceApi))).toEqual(new Set(['fabric']));
    const [first, ...rest] = emulator.requestsTo('fabric');
    expect(first?.query).toEqual({ startDateTime: iso(range.start), endDateTime: iso(range.end) });
    expect(rest.every(({ query }) => query.continuationToken !== undefined)).toBe(true);
    expect(emulator.requestsTo('power-bi')).toEqual([]);
  });

  it.concurrent('fabric: events without a time once, from run to run, wherever the stretch begins', async () => {
    const emulator = await startTenant({ eventsPerHour: 2 });
    emulator.configure.fabricActivities = 'served';
    const undated = [{ Id: 'undated', Activity: 'ViewReport' }, { Activity: 'no id' }, { Activity: 'no id' }];
    const hour = wholeHours(1, 6).start;
    emulator.addEvents(undated, 0, hour + 60_000);
    const folder = mkdtempSync(join(tmpdir(), 'fabric-'));
    try {
      const inputs = { source: 'fabric', 'state-file': join(folder, 'state') };
      for (const first of [26, 10, 8]) {
        const range = { start: wholeHours(1, first).start, end: wholeHours(1, 3).start };
        expect((await wholeRun(emulator, { inputs: { ...inputs, ...asking(range) } })).code).toBe(0);
      }
      const rows = emulator.table.filter(({ CreationTime }) => CreationTime === undefined);
      expect(rows.map(({ Activity }) => Activity).sort()).toEqual(['ViewReport', 'no id', 'no id']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.concurrent('fabric: an answer of 404 says so', async () => {
    const emulator = await startTenant();
    const run = await wholeRun(emulator, { inputs: { ...asking(RANGE), source: 'fabric' } });
    expect(onlyError(run).message).toMatch(/fabric: HTTP 404 EntityNotFound/);
    expect(emulator.requestsTo('fabric')).toHaveLength(1);
  });

  it.concurrent('workspaces: those that are asked for', async () => {
    const emulator = await startTenant();
    const ids = [workspace(2).toUpperCase(), workspace(3), workspace(7), workspace(9)];
    const inputs = { source: 'workspaces', 'workspace-ids': ids.join('\n') };
    const run = await wholeRun(emulator, { inputs });
    expectRecords(emulator, run, [workspace(2), workspace(7)]);
    expect(run.outputs).toMatchObject({ 'fallback-used': 'false', 'fallback-reason': '' });
    const unreadable = run.warnings.find(({ title }) => title === 'Unreadable workspaces')?.message;
    expect(unreadable).toContain(`${workspace(3)} (HTTP 403 InsufficientPrivileges)`);
    expect(unreadable).toContain(`${workspace(9)} (HTTP 404 EntityNotFound)`);
    expect(emulator.requestsTo('power-bi')).toEqual([]);
  });
});

describe('the list of workspaces', () => {
  it.concurrent('is asked for again while it fails', async () => {
    const emulator = await startTenant();
    for (const fault of [{ status: 503 }, { reset: true }, { skip: 2, html: true }]) {
      emulator.fault({ service: 'fabric', ...fault });
    }
    const run = await wholeRun(emulator, { inputs: { source: 'workspaces' } });
    expectRecords(emulator, run, READABLE);
  });
});

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
