/** What leaves of a run with a pseudonym key, or with columns omitted: bodies, files, log, outputs, summary, issue. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ActivityEvent, Emulator } from '../../emulator/server.ts';
import { tenantOf } from '../../emulator/tenant/tenant.ts';
import { counts, openProof } from '../support/proof.ts';
import {
  between,
  closeAll,
  HOUR,
  hourBack,
  iso,
  openFolder,
  openTenant,
  type Step,
  step,
  titles,
} from '../support/steps.ts';

afterAll(closeAll);

const KEY = 'synthetic key of more than 32 characters';
const START = hourBack(60);
const WINDOW = between(START, START + 2 * HOUR);
const SEED = 7;
const ALWAYS = Number.POSITIVE_INFINITY;
const keyed = (more: Record<string, string> = {}) => ({ ...WINDOW, 'pseudonym-key': KEY, ...more });

/** What `npm run pseudonym` prints. */
function printed(...names: string[]): string[] {
  const command = fileURLToPath(new URL('../../tools/task.mjs', import.meta.url));
  const env = { ...process.env, PSEUDONYM_KEY: `${KEY}\n` };
  const { stdout } = spawnSync(process.execPath, [command, 'pseudonym', ...names], { env, encoding: 'utf8' });
  return stdout.trim().split('\n');
}

/** All that anybody gets to see of a run but the table: the line that masks the key is the runner's. */
function told(run: Step): string {
  const lines = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  return [...lines, JSON.stringify(run.outputs), run.summary].join('\n').toLowerCase();
}

function event(second: number, more: Record<string, unknown>): ActivityEvent {
  return { CreationTime: iso(START + second * 1000), Activity: 'ShareReport', ...more };
}

function textOf(path: string): string {
  return gunzipSync(readFileSync(path)).toString('utf8');
}

describe('with a pseudonym key', () => {
  it('nobody of the tenant leaves the runner, and events are told apart as ever', async () => {
    const emulator = await openTenant({ eventsPerHour: 400, seed: SEED });
    const run = await step(emulator, keyed());
    expect([run.code, titles(run.errors), run.outputs.complete]).toEqual([0, [], 'true']);
    const sent = JSON.stringify(emulator.posted).toLowerCase();
    const everybody = tenantOf(SEED).users.flatMap(({ upn, name, key, objectId, addresses }) => [
      upn,
      name,
      key,
      objectId,
      ...addresses,
    ]);
    const all = `${sent}\n${told(run)}`;
    expect(everybody.filter((who) => all.includes(`${who.toLowerCase()}"`))).toEqual([]);
    const ids = emulator.eventsIn(START, START + 2 * HOUR).map(({ Id }) => Id);
    expect(emulator.posted.map(({ ActivityId }) => ActivityId).sort()).toEqual(ids.sort());
  });

  it('whoever holds the key finds a person, by the command, in every run', async () => {
    const emulator = await openTenant();
    emulator.addEvents([
      event(1, { Id: 'one', UserId: 'Ana@Contoso.com', ClientIP: '203.0.113.7' }),
      event(2, { Id: 'two', UserId: ' ana@contoso.com', ClientIP: '203.0.113.7' }),
    ]);
    await step(emulator, keyed());
    await step(emulator, keyed());
    const [user, address] = printed('ANA@contoso.com', '203.0.113.7');
    expect(user).toMatch(/^p-[0-9a-f]{32}@contoso\.com$/);
    expect(emulator.posted.map(({ UserId, ClientIP }) => [UserId, ClientIP])).toEqual(
      Array.from({ length: 4 }, () => [user, address]),
    );
  });

  it('no address and no known user survives anywhere, whatever the events nest', async () => {
    const name = fc.stringMatching(/^[a-z]{8,12}$/).map((text) => `zz${text}`);
    const address = name.map((local) => `${local}@private.test`);
    const text = fc.oneof(
      address,
      address.map((one) => `Sent to <${one}>, "${one}"`),
    );
    const nested = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.constantFrom('Name', 'Note', 'Of'), address), tie('value'), { maxKeys: 3 }),
        tie('value').map((value) => JSON.stringify(value)),
      ),
    })).value;
    const random = fc.record({
      UserId: fc.oneof(name, address),
      UserKey: name,
      ItemName: text,
      SharingInformation: fc.array(fc.record({ RecipientEmail: address, RecipientName: name })),
      AccessChanges: fc
        .array(fc.record({ MemberEmail: fc.oneof(name, address) }))
        .map((list) => JSON.stringify(list)),
      UserInformation: fc.record({ UsersAdded: fc.array(name) }),
      BrandNew: nested,
    });
    const emulator = await openTenant();
    const events = fc.sample(random, { numRuns: 300, seed: 14 });
    emulator.addEvents(events.map((one, at) => event(at, { Id: `random-${at}`, ...one })));
    // Equal events without an id are told apart by their content, as it was before.
    emulator.addEvents([event(301, { UserId: 'zzequal' }), event(301, { UserId: 'zzequal' })]);
    emulator.addEvents([event(302, { UserId: 'zzother' })]);
    emulator.fault({
      service: 'ingestion',
      rejectRows: ({ UserKey }) => String(UserKey).endsWith('0'),
      times: ALWAYS,
    });
    const folder = openFolder();
    const files = { 'rejected-file': join(folder, 'rejected.gz'), 'state-file': join(folder, 'state') };
    const run = await step(emulator, keyed(files));
    expect(titles(run.errors)).toEqual(['Rows refused for good']);
    const kept = textOf(files['rejected-file']);
    const state = readFileSync(files['state-file']);
    expect(emulator.posted.length + kept.trim().split('\n').length).toBeGreaterThanOrEqual(303);
    const all =
      `${JSON.stringify(emulator.posted)}\n${kept}\n${state.toString('latin1')}\n${told(run)}`.toLowerCase();
    expect(all.match(/zz[a-z]{5,}/g)).toBeNull();
    expect(all).toContain('@private.test');
    expect(kept).toContain('p-');
    // Known as they were: nothing of it is sent once more.
    const again = await step(emulator, keyed(files));
    expect(again.outputs['activities-ingested']).toBe('0');
  });

  it('a replay does not apply the key twice, and applies it to rows that were kept without one', async () => {
    const emulator = await openTenant();
    emulator.addEvents([event(1, { Id: 'bad', UserId: 'ana@contoso.com', ItemName: 'by bo@contoso.com' })]);
    emulator.fault({ service: 'ingestion', rejectRows: () => true, times: ALWAYS });
    const folder = openFolder();
    const [before, after] = [join(folder, 'before.gz'), join(folder, 'after.gz')];
    await step(emulator, { ...WINDOW, 'rejected-file': before });
    await step(emulator, keyed({ 'rejected-file': after }));
    expect(textOf(before)).toContain('ana@contoso.com');
    expect(textOf(after)).not.toMatch(/ana@|bo@/);
    emulator.clearFaults();
    for (const path of [before, after]) {
      const run = await step(emulator, { 'replay-file': path, 'pseudonym-key': KEY });
      expect([run.code, run.outputs['activities-ingested']]).toEqual([0, '1']);
    }
    const [ana, bo] = printed('ana@contoso.com', 'bo@contoso.com');
    const sent = emulator.table.map(({ UserId, ItemName }) => [UserId, ItemName]);
    expect(sent).toEqual([
      [ana, `by ${bo}`],
      [ana, `by ${bo}`],
    ]);
  });

  it('the same checkpoint goes on when the key changes, and events are proved as before', async () => {
    const { emulator, run } = await openProof({ 'state-file': join(openFolder(), 'state') });
    emulator.addEvents([event(1, { Id: 'one', UserId: 'ana@contoso.com' })]);
    const first = await run(keyed());
    expect([first.outputs.proof, counts(first)]).toEqual(['complete', [1, 0, 0, 0]]);
    emulator.addEvents([event(2, { Id: 'two', UserId: 'ana@contoso.com' })]);
    const second = await run(keyed({ 'pseudonym-key': `another ${KEY}` }));
    expect([titles(second.warnings), titles(second.errors)]).toEqual([[], []]);
    expect(emulator.table.map(({ ActivityId }) => ActivityId)).toContain('one');
    expect(emulator.table.filter(({ ActivityId }) => ActivityId === 'one')).toHaveLength(1);
  });
});

describe('omitted columns', () => {
  it('are neither sent nor kept', async () => {
    const emulator = await openTenant();
    emulator.addEvents([
      event(1, { Id: 'good', ItemName: 'Margin', UserAgent: 'Agent', TileText: 'T', Scope: 1 }),
      event(2, { Id: 'bad', ItemName: 'Margin', UserAgent: 'Agent', TileText: 'T', Scope: 1 }),
    ]);
    emulator.fault({
      service: 'ingestion',
      rejectRows: ({ ActivityId }) => ActivityId === 'bad',
      times: ALWAYS,
    });
    const path = join(openFolder(), 'rejected.gz');
    await step(emulator, {
      ...WINDOW,
      'rejected-file': path,
      'omit-columns': 'ItemName\nUserAgent, AdditionalFields.TileText',
    });
    const kept = (JSON.parse(textOf(path)) as { row: Record<string, unknown> }).row;
    for (const row of [emulator.table[0] ?? {}, kept]) {
      expect(Object.keys(row)).not.toEqual(expect.arrayContaining(['ItemName']));
      expect(Object.keys(row)).not.toEqual(expect.arrayContaining(['UserAgent']));
      expect(row.AdditionalFields).toEqual({ Scope: 1 });
    }
  });
});

describe('refused before anything is called', () => {
  const short = 'only-a-short-key-of-29-chars.';
  it.each([
    ['a short key', { 'pseudonym-key': short }, 'pseudonym-key: expected'],
    ['an unknown column', { 'omit-columns': 'Unheard' }, 'omit-columns: expected'],
    ['a column that is needed', { 'omit-columns': 'ActivityId' }, 'omit-columns: expected'],
  ])('%s', async (_, inputs, message) => {
    const emulator: Emulator = await openTenant();
    const run = await step(emulator, { ...WINDOW, ...inputs });
    expect([run.code, titles(run.errors), emulator.requests.length]).toEqual([1, ['Inputs refused'], 0]);
    expect(run.log).toContain(message);
    expect(told(run)).not.toContain(short);
    if ('pseudonym-key' in inputs) expect(run.log.split('\n')[0]).toBe(`::add-mask::${short}`);
  });

  it('is a command without its key, which is not shown', () => {
    const command = fileURLToPath(new URL('../../tools/pseudonym.ts', import.meta.url));
    const env = { ...process.env, PSEUDONYM_KEY: short };
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, 'ana@contoso.com'], {
      env,
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('PSEUDONYM_KEY');
    expect(stderr).not.toContain(short);
  });
});
