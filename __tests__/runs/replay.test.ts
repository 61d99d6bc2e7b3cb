/** Rows that were refused for good, kept in a file, and their way back. */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from '@jest/globals';
import { runStep } from '../../emulator/runner.ts';
import type { Emulator } from '../../emulator/server.ts';
import { ReplayFile } from '../../src/destination/replay-file.ts';
import {
  between,
  closeAll,
  eventsFrom,
  expectOnce,
  HOUR,
  hourBack,
  iso,
  MINUTE,
  number,
  openFolder,
  openTenant,
  step,
  titles,
} from '../support/steps.ts';

afterAll(closeAll);

const ALWAYS = Number.POSITIVE_INFINITY;
const START = hourBack(60);
const WINDOW = between(START, START + 4 * HOUR);
const BAD = 3;

interface Files {
  readonly 'rejected-file': string;
  readonly 'state-file': string;
}

function files(): Files {
  const folder = openFolder();
  return { 'rejected-file': join(folder, 'rejected.gz'), 'state-file': join(folder, 'state') };
}

/** A tenant with 40 events in four hours, three of which the rule does not like. */
async function tenant(): Promise<Emulator> {
  const emulator = await openTenant();
  for (let hour = 0; hour < 4; hour += 1)
    emulator.addEvents(eventsFrom(START + hour * HOUR, hour === 1 ? 7 : 10));
  emulator.addEvents(eventsFrom(START + HOUR + 30 * MINUTE, BAD, { ReportName: 'Bad' }));
  refuse(emulator);
  return emulator;
}

function refuse(
  emulator: Emulator,
  isBad = (row: Record<string, unknown>) => row.ReportName === 'Bad',
): void {
  emulator.fault({ service: 'ingestion', rejectRows: isBad, times: ALWAYS });
}

interface Line {
  readonly row: Record<string, unknown>;
  readonly reason: string;
  readonly time: string;
}

function linesOf(path: string): Line[] {
  const text = gunzipSync(readFileSync(path)).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** Files that were set aside from a file; what is noted beside them is none. */
function damagedBeside(path: string): string[] {
  const start = `${basename(path)}.damaged-`;
  return readdirSync(dirname(path)).filter((name) => name.startsWith(start) && !name.endsWith('.accepted'));
}

/** The file as it was is beside it, under the name of a damaged one. */
function expectSetAside(path: string, bytes: Buffer): void {
  const aside = damagedBeside(path);
  expect(aside).toHaveLength(1);
  expect(readFileSync(join(dirname(path), aside[0] ?? '')).equals(bytes)).toBe(true);
}

/** A tenant of which a run has put three rows aside. */
async function rejected(): Promise<{ emulator: Emulator; inputs: Files }> {
  const emulator = await tenant();
  const inputs = files();
  const run = await step(emulator, { ...WINDOW, ...inputs });
  expect(titles(run.errors)).toEqual(['Rows refused for good']);
  expect(linesOf(inputs['rejected-file'])).toHaveLength(BAD);
  return { emulator, inputs };
}

describe('rows refused for good', () => {
  it('are kept with reason and time, for the owner only, and the step ends red', async () => {
    const emulator = await tenant();
    const inputs = files();
    const path = inputs['rejected-file'];
    const run = await step(emulator, { ...WINDOW, ...inputs });
    expect([run.code, titles(run.errors), run.outputs.complete]).toEqual([
      1,
      ['Rows refused for good'],
      'false',
    ]);
    expect(run.outputs).toMatchObject({ 'activities-ingested': '37', 'activities-failed': '3' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const lines = linesOf(path);
    expect(lines.map(({ row }) => row.ReportName)).toEqual(['Bad', 'Bad', 'Bad']);
    for (const { reason, time, row } of lines) {
      expect(reason).toMatch(/^HTTP 400 InvalidPayload$/);
      expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(60_000);
      expect(row).toMatchObject({ SourceApi: 'power-bi', Activity: 'ViewReport' });
    }
    expect(readdirSync(dirname(path)).sort()).toEqual(['rejected.gz', 'state']);
  });

  it('are not sent again where they are safely kept, and their hour is settled', async () => {
    const { emulator, inputs } = await rejected();
    const before = emulator.requestsTo('ingestion').length;
    const run = await step(emulator, { ...WINDOW, ...inputs });
    expect([run.code, run.outputs.complete, number(run, 'source-requests')]).toEqual([0, 'true', 0]);
    expect(emulator.requestsTo('ingestion').slice(before)).toHaveLength(1);
    expect(linesOf(inputs['rejected-file'])).toHaveLength(BAD);
  });

  it('are tried again where they are not kept, and nothing else is', async () => {
    const emulator = await tenant();
    const state = { 'state-file': files()['state-file'] };
    expect(titles((await step(emulator, { ...WINDOW, ...state })).errors)).toEqual(['Rows refused for good']);
    emulator.clearFaults();
    const next = await step(emulator, { ...WINDOW, ...state });
    expect(next.outputs).toMatchObject({
      complete: 'true',
      'activities-ingested': '3',
      'source-requests': '1',
    });
    expectOnce(emulator, START, START + 4 * HOUR);
  });

  it('are tried again where the file cannot be written, which is told', async () => {
    const emulator = await tenant();
    const inputs = files();
    // A folder comes to stand where the file should be.
    emulator.fault({
      service: 'ingestion',
      match: () => {
        mkdirSync(inputs['rejected-file'], { recursive: true });
        return false;
      },
    });
    const run = await step(emulator, { ...WINDOW, ...inputs });
    expect(titles(run.errors)).toContain('Rejected rows could not be kept');
    emulator.clearFaults();
    const next = await step(emulator, { ...WINDOW, 'state-file': inputs['state-file'] });
    expect(next.outputs).toMatchObject({ complete: 'true', 'activities-ingested': '3' });
  });

  it('are appended to what is there', async () => {
    const { emulator, inputs } = await rejected();
    emulator.addEvents(eventsFrom(START + 5 * HOUR, 2, { ReportName: 'Bad' }));
    await step(emulator, { ...between(START, START + 8 * HOUR), ...inputs });
    expect(linesOf(inputs['rejected-file'])).toHaveLength(BAD + 2);
  });

  it('are kept in a folder that was not there before', async () => {
    const emulator = await tenant();
    const path = join(openFolder(), 'a', 'b', 'rejected.gz');
    const run = await step(emulator, { ...WINDOW, 'rejected-file': path });
    expect(titles(run.errors)).toEqual(['Rows refused for good']);
    expect(linesOf(path)).toHaveLength(BAD);
  });

  it('of nobody leave no file', async () => {
    const emulator = await openTenant();
    emulator.addEvents(eventsFrom(START, 5));
    const inputs = files();
    expect((await step(emulator, { ...WINDOW, ...inputs })).code).toBe(0);
    expect(existsSync(inputs['rejected-file'])).toBe(false);
  });

  it('in a destination that refuses everything are not put aside', async () => {
    const emulator = await tenant();
    const inputs = files();
    emulator.clearFaults();
    refuse(emulator, () => true);
    const run = await step(emulator, { ...WINDOW, ...inputs });
    expect(titles(run.errors)).toEqual(['Destination refuses everything']);
    expect(existsSync(inputs['rejected-file'])).toBe(false);
    emulator.clearFaults();
    expect((await step(emulator, { ...WINDOW, ...inputs })).outputs.complete).toBe('true');
    expectOnce(emulator, START, START + 4 * HOUR);
  });

  it('are not lost behind zeros that a failing machine left in the file', async () => {
    const emulator = await tenant();
    const inputs = files();
    const path = inputs['rejected-file'];
    const whole = gzipSync(
      '{"row":{"ActivityId":"kept"},"reason":"HTTP 400","time":"2026-11-20T00:00:00.000Z"}\n',
    );
    writeFileSync(path, Buffer.concat([whole, Buffer.alloc(4096)]));
    const run = await step(emulator, { ...WINDOW, ...inputs });
    expect(run.warnings).toEqual([]);
    emulator.clearFaults();
    expect(number(await step(emulator, { 'replay-file': path }), 'activities-ingested')).toBe(BAD + 1);
    // Behind them lies what could not be read: the whole file is kept elsewhere.
    writeFileSync(path, Buffer.concat([whole, Buffer.alloc(4096), whole]));
    refuse(emulator);
    const next = await step(emulator, { ...WINDOW, 'rejected-file': path });
    expect(titles(next.warnings)).toEqual(['Rejected rows set aside']);
    expect(readdirSync(dirname(path)).filter((name) => name.includes('damaged'))).toHaveLength(1);
  });

  it('are not lost behind half a line that a killed run left in the file', async () => {
    const emulator = await tenant();
    const inputs = files();
    const path = inputs['rejected-file'];
    const whole = gzipSync(
      '{"row":{"ActivityId":"kept"},"reason":"HTTP 400","time":"2026-11-20T00:00:00.000Z"}\n',
    );
    writeFileSync(path, Buffer.concat([whole, whole.subarray(0, 40)]));
    await step(emulator, { ...WINDOW, ...inputs });
    emulator.clearFaults();
    // Whatever was called safe can be read back: by a replay of this file, or of one that was set aside.
    const folder = dirname(path);
    for (const name of readdirSync(folder).filter((one) => one.startsWith('rejected'))) {
      await step(emulator, { 'replay-file': join(folder, name) });
    }
    const bad = emulator.table.filter(({ ReportName }) => ReportName === 'Bad');
    expect(bad).toHaveLength(BAD);
    expect(emulator.table.filter(({ ActivityId }) => ActivityId === 'kept')).toHaveLength(1);
  });
});

describe('a replay', () => {
  const member = (id: string) =>
    gzipSync(`{"row":{"ActivityId":"${id}","TimeGenerated":"${iso(START)}"},"reason":"","time":""}\n`);

  it('sends the rows without asking a source, and takes them out of the file', async () => {
    const { emulator, inputs } = await rejected();
    const path = inputs['rejected-file'];
    emulator.clearFaults();
    const sources = () => emulator.requestsTo('power-bi').length + emulator.requestsTo('fabric').length;
    const tokens = { ...emulator.tokensIssued };
    const before = sources();
    const run = await step(emulator, { 'replay-file': path });
    expect([run.code, run.outputs.complete, titles(run.warnings)]).toEqual([0, 'true', []]);
    expect(run.outputs).toMatchObject({
      'activities-collected': '3',
      'activities-ingested': '3',
      'activities-failed': '0',
      'source-requests': '0',
    });
    expect(sources()).toBe(before);
    // No sign-in for a source, either.
    const powerBi = 'https://analysis.windows.net/powerbi/api';
    expect(emulator.tokensIssued[powerBi]).toBe(tokens[powerBi]);
    expectOnce(emulator, START, START + 4 * HOUR);
    expect(linesOf(path)).toEqual([]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(path)).sort()).toEqual(['rejected.gz', 'state']);
    const again = await step(emulator, { 'replay-file': path });
    expect([again.code, number(again, 'activities-ingested')]).toEqual([0, 0]);
  });

  it('sends what it was sent before, to the byte', async () => {
    const { emulator, inputs } = await rejected();
    const kept = linesOf(inputs['rejected-file']).map(({ row }) => row);
    emulator.clearFaults();
    const before = emulator.posted.length;
    await step(emulator, { 'replay-file': inputs['rejected-file'] });
    expect(emulator.posted.slice(before).map((row) => JSON.stringify(row))).toEqual(
      kept.map((row) => JSON.stringify(row)),
    );
  });

  it('sends back line separators, other odd characters and long numbers as they were', async () => {
    const emulator = await openTenant();
    const odd = 'Bad \u2028 and \u2029, \u0085, \r and \n, \ud83d\ude00';
    emulator.addEvents(eventsFrom(START, 2, { ReportName: odd }));
    refuse(emulator, ({ ReportName }) => ReportName === odd);
    const inputs = files();
    await step(emulator, { ...WINDOW, ...inputs });
    const path = inputs['rejected-file'];
    const long = '12345678901234567890';
    appendFileSync(
      path,
      gzipSync(
        `{"row":{"ActivityId":"long","TimeGenerated":"${iso(START)}","AdditionalFields":{"Size":${long}}}}\n`,
      ),
    );
    emulator.clearFaults();
    const ready: string[] = [];
    const file = await ReplayFile.open(path, true);
    for await (const { json } of file.rows({ values: 0, rows: 0 }, undefined)) ready.push(json);
    expect(ready.at(-1)).toContain(`"Size":${long}`);
    const run = await step(emulator, { 'replay-file': path });
    expect([run.code, titles(run.warnings), run.outputs['activities-ingested']]).toEqual([0, [], '3']);
    expect(emulator.table.filter(({ ReportName }) => ReportName === odd)).toHaveLength(2);
    expect(linesOf(path)).toEqual([]);
  });

  it('reads what was appended behind zeros, keeps the file as it was, and says so', async () => {
    const emulator = await openTenant();
    const path = join(openFolder(), 'rejected.gz');
    writeFileSync(path, Buffer.concat([member('one'), Buffer.alloc(4096)]));
    const zeros = await step(emulator, { 'replay-file': path });
    expect([zeros.code, number(zeros, 'activities-ingested')]).toEqual([0, 1]);
    const bytes = Buffer.concat([member('two'), Buffer.alloc(4096), member('behind')]);
    writeFileSync(path, bytes);
    const run = await step(emulator, { 'replay-file': path });
    expect(titles(run.errors)).toEqual(['Replay file not usable']);
    expect(number(run, 'activities-ingested')).toBe(2);
    expectSetAside(path, bytes);
    expect((await step(emulator, { 'replay-file': path })).code).toBe(0);
  });

  it('leaves what is refused again, and ends red', async () => {
    const { emulator, inputs } = await rejected();
    const path = inputs['rejected-file'];
    const [first, second] = linesOf(path);
    emulator.clearFaults();
    refuse(emulator, (row) => row.ActivityId === second?.row.ActivityId);
    const run = await step(emulator, { 'replay-file': path, 'rejected-file': path });
    expect([run.code, titles(run.errors)]).toEqual([1, ['Rows refused for good']]);
    expect(run.outputs).toMatchObject({ 'activities-ingested': '2', 'activities-failed': '1' });
    expect(linesOf(path)).toEqual([second]);
    expect(first).not.toEqual(second);
    emulator.clearFaults();
    expect((await step(emulator, { 'replay-file': path })).outputs.complete).toBe('true');
    expectOnce(emulator, START, START + 4 * HOUR);
  });

  it('of a dry run sends nothing and changes nothing', async () => {
    const { emulator, inputs } = await rejected();
    const path = inputs['rejected-file'];
    emulator.clearFaults();
    const bytes = readFileSync(path);
    const run = await step(emulator, { 'replay-file': path, 'dry-run': 'true' });
    expect([run.code, number(run, 'activities-collected'), number(run, 'activities-ingested')]).toEqual([
      0, 3, 0,
    ]);
    expect(readFileSync(path).equals(bytes)).toBe(true);
    expect(readdirSync(dirname(path)).sort()).toEqual(['rejected.gz', 'state']);
  });

  it.each([
    ['a file that is not there', 'none.gz'],
    ['a folder that is not there', 'none/none.gz'],
    ['a folder in place of a file', '.'],
  ])('of %s is a clear error', async (_title, name) => {
    const emulator = await openTenant();
    const folder = openFolder();
    const run = await step(emulator, { 'replay-file': join(folder, name) });
    expect(titles(run.errors)).toEqual(['Replay file not usable']);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a file that is no gzip is a clear error, and the file stays', async () => {
    const emulator = await openTenant();
    const path = join(openFolder(), 'file.gz');
    writeFileSync(path, '{"row":{}}\n');
    const run = await step(emulator, { 'replay-file': path });
    expect(titles(run.errors)).toEqual(['Replay file not usable']);
    expect(readFileSync(path, 'utf8')).toBe('{"row":{}}\n');
    expect(readdirSync(dirname(path))).toEqual(['file.gz']);
  });

  it('leaves lines that hold no row, and says how many', async () => {
    const { emulator, inputs } = await rejected();
    const path = inputs['rejected-file'];
    emulator.clearFaults();
    appendFileSync(path, gzipSync('not a row\n{"row":7}\n'));
    const run = await step(emulator, { 'replay-file': path });
    expect([run.code, run.outputs.complete, titles(run.warnings)]).toEqual([0, 'false', ['Replay']]);
    expect(run.warnings[0]?.text).toMatch(/^2 /);
    expect(number(run, 'activities-ingested')).toBe(BAD);
    expect(gunzipSync(readFileSync(path)).toString('utf8')).toBe('not a row\n{"row":7}\n');
  });

  it('of a file with a damaged part sends all that is whole, once, and sets the file aside as it was', async () => {
    const emulator = await openTenant();
    const flipped = (bytes: Buffer, at: number) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt8((copy[at] ?? 0) ^ 0xff, at);
      return copy;
    };
    const torn = [1, 2, 5, 9, 10, 20, 60].map((cut) => member('torn').subarray(0, cut));
    const damaged = [3, 15, 40, 60, member('torn').length - 6].map((at) => flipped(member('torn'), at));
    let last = 0;
    for (const bad of [...torn, ...damaged]) {
      const path = join(openFolder(), 'rejected.gz');
      last += 1;
      const bytes = Buffer.concat([member(`before-${last}`), bad, member(`behind-${last}`)]);
      writeFileSync(path, bytes);
      const run = await step(emulator, { 'replay-file': path });
      expect([last, titles(run.errors), run.outputs.complete]).toEqual([
        last,
        ['Replay file not usable'],
        'false',
      ]);
      expect(run.errors[0]?.text).toContain('damaged');
      expectSetAside(path, bytes);
      expect(linesOf(path)).toEqual([]);
      const again = await step(emulator, { 'replay-file': path });
      expect([again.code, number(again, 'activities-collected')]).toEqual([0, 0]);
    }
    const ids = emulator.table.map(({ ActivityId }) => String(ActivityId)).sort();
    const wanted = Array.from({ length: last }, (_, at) => [`before-${at + 1}`, `behind-${at + 1}`]).flat();
    expect(ids).toEqual(wanted.sort());
  });

  it('of a file that was set aside sends no row that was whole, and what was mended in it', async () => {
    const emulator = await openTenant();
    const path = join(openFolder(), 'rejected.gz');
    const torn = member('torn').subarray(0, 30);
    writeFileSync(path, Buffer.concat([member('sent'), torn, member('refused')]));
    refuse(emulator, ({ ActivityId }) => ActivityId === 'refused');
    await step(emulator, { 'replay-file': path });
    expect(linesOf(path).map(({ row }) => row.ActivityId)).toEqual(['refused']);
    emulator.clearFaults();
    const aside = join(dirname(path), damagedBeside(path)[0] ?? '');
    const again = await step(emulator, { 'replay-file': aside });
    expect([titles(again.errors), number(again, 'activities-ingested')]).toEqual([
      ['Replay file not usable'],
      0,
    ]);
    const [next = ''] = damagedBeside(aside);
    const mended = join(dirname(path), next);
    writeFileSync(mended, Buffer.concat([member('sent'), member('torn'), member('refused')]));
    expect(number(await step(emulator, { 'replay-file': mended }), 'activities-ingested')).toBe(1);
    expect(number(await step(emulator, { 'replay-file': path }), 'activities-ingested')).toBe(1);
    expect(emulator.table.map(({ ActivityId }) => ActivityId).sort()).toEqual(['refused', 'sent', 'torn']);
  });

  it('sends an event once that stands in the file more than once', async () => {
    const emulator = await openTenant();
    const path = join(openFolder(), 'rejected.gz');
    writeFileSync(path, Buffer.concat([member('one'), member('two'), member('one')]));
    const run = await step(emulator, { 'replay-file': path });
    expect(run.outputs).toMatchObject({
      'activities-collected': '3',
      'activities-ingested': '2',
      'duplicates-skipped': '1',
    });
    expect(emulator.table.map(({ ActivityId }) => ActivityId).sort()).toEqual(['one', 'two']);
    expect(linesOf(path)).toEqual([]);
  });

  it('knows what was accepted of a file that was edited since', async () => {
    const emulator = await openTenant();
    const path = join(openFolder(), 'rejected.gz');
    const kept = Buffer.concat([member('one'), member('two')]);
    writeFileSync(path, kept);
    refuse(emulator, (row) => row.ActivityId === 'two');
    // The rest cannot be written: its place is taken.
    mkdirSync(`${path}.new`);
    const cut = await step(emulator, { 'replay-file': path });
    expect(titles(cut.errors)).toContain('Replay file not usable');
    expect(readFileSync(path).equals(kept)).toBe(true);
    rmSync(`${path}.new`, { recursive: true });
    emulator.clearFaults();
    writeFileSync(path, gzipSync(gunzipSync(kept).toString('utf8').split('\n').reverse().join('\n')));
    expect((await step(emulator, { 'replay-file': path })).code).toBe(0);
    expect(emulator.table.map(({ ActivityId }) => ActivityId).sort()).toEqual(['one', 'two']);
    expect(readdirSync(dirname(path))).toEqual(['rejected.gz']);
  });

  it.each([0, 1, 2, 4, 8])('on a disk with %i kB left loses no row', async (kilobytes) => {
    const emulator = await openTenant();
    const path = join(openFolder(), 'rejected.gz');
    const noise = (at: number) => createHash('sha512').update(String(at)).digest('hex').repeat(3);
    const rows = Array.from({ length: 40 }, (_, at) => ({
      ActivityId: `row-${at}`,
      TimeGenerated: iso(START),
      ItemName: noise(at),
    }));
    writeFileSync(path, gzipSync(rows.map((row) => `${JSON.stringify({ row })}\n`).join('')));
    refuse(emulator, (row) => Number(String(row.ActivityId).slice(4)) % 2 === 1);
    await runStep({
      inputs: { ...emulator.inputs, 'replay-file': path },
      env: emulator.env,
      fileSizeLimit: kilobytes,
    });
    // Where there is no room at all, not even for the lock, nothing is sent.
    expect(emulator.rowCount).toBe(kilobytes === 0 ? 0 : 20);
    emulator.clearFaults();
    expect((await step(emulator, { 'replay-file': path })).code).toBe(0);
    expect(new Set(emulator.table.map(({ ActivityId }) => ActivityId)).size).toBe(40);
    expect(emulator.rowCount).toBe(40);
    expect(linesOf(path)).toEqual([]);
  });

  it('of a dry run leaves the notes of one that is under way, and takes no lock', async () => {
    const emulator = await openTenant();
    const path = join(openFolder(), 'rejected.gz');
    writeFileSync(path, Buffer.concat([member('one'), member('two')]));
    mkdirSync(`${path}.new`);
    refuse(emulator, (row) => row.ActivityId === 'two');
    await step(emulator, { 'replay-file': path });
    const files = () =>
      readdirSync(dirname(path))
        .filter((name) => !name.endsWith('.new'))
        .map((name) => [name, readFileSync(join(dirname(path), name)).toString('hex')]);
    const before = files();
    expect(before.map(([name]) => name)).toEqual(['rejected.gz', 'rejected.gz.accepted']);
    const dry = await step(emulator, { 'replay-file': path, 'dry-run': 'true' });
    expect([dry.code, number(dry, 'activities-collected')]).toEqual([0, 1]);
    expect(files()).toEqual(before);
  });

  it('that was killed does not send twice what was accepted', async () => {
    const emulator = await openTenant({ uploadDelayMs: 40 });
    const path = join(openFolder(), 'rejected.gz');
    const large = 'x'.repeat(60_000);
    const rows = Array.from({ length: 160 }, (_, at) => ({
      row: { ActivityId: `row-${at}`, TimeGenerated: iso(Date.now()), Note: large },
      reason: 'HTTP 400',
      time: iso(Date.now()),
    }));
    writeFileSync(path, gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join('')));
    let timer: NodeJS.Timeout | undefined;
    const killed = await step(
      emulator,
      { 'replay-file': path, concurrency: '1' },
      {
        onStart: (kill) => {
          timer = setInterval(() => {
            if (emulator.rowCount < 60) return;
            clearInterval(timer);
            kill('SIGKILL');
          }, 2);
        },
      },
    );
    clearInterval(timer);
    expect(killed.signal).toBe('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 200));
    const sent = emulator.rowCount;
    expect(sent).toBeLessThan(160);
    const next = await step(emulator, { 'replay-file': path, concurrency: '1' });
    expect([next.code, next.outputs.complete]).toEqual([0, 'true']);
    const ids = new Set(emulator.table.map(({ ActivityId }) => ActivityId));
    expect(ids.size).toBe(160);
    // What was in flight may come again: two batches of sixteen rows at the very most.
    const repeats = emulator.rowCount - 160;
    expect(repeats).toBeLessThanOrEqual(32);
    expect(linesOf(path)).toEqual([]);
    expect(readdirSync(dirname(path))).toEqual(['rejected.gz']);
  });

  it('takes lines that were appended since it was killed, too', async () => {
    const emulator = await openTenant();
    const folder = openFolder();
    const path = join(folder, 'rejected.gz');
    writeFileSync(path, Buffer.concat([member('one'), member('two')]));
    // A replay that ends while "two" is refused leaves it; then another row is put aside.
    refuse(emulator, (row) => row.ActivityId === 'two');
    expect((await step(emulator, { 'replay-file': path })).code).toBe(1);
    appendFileSync(path, member('three'));
    emulator.clearFaults();
    expect((await step(emulator, { 'replay-file': path })).code).toBe(0);
    expect(emulator.table.map(({ ActivityId }) => ActivityId).sort()).toEqual(['one', 'three', 'two']);
  });
});

describe('a replay with a checkpoint', () => {
  it('records the rows that are accepted: a run does not send them again', async () => {
    const emulator = await tenant();
    const inputs = files();
    const path = inputs['rejected-file'];
    // The run that put them aside had no checkpoint.
    await step(emulator, { ...WINDOW, 'rejected-file': path });
    emulator.clearFaults();
    const replay = await step(emulator, { 'replay-file': path, 'state-file': inputs['state-file'] });
    expect([replay.code, number(replay, 'activities-ingested')]).toEqual([0, 3]);
    const next = await step(emulator, { ...WINDOW, 'state-file': inputs['state-file'] });
    expect(next.outputs).toMatchObject({ 'duplicates-skipped': '3', 'activities-ingested': '37' });
  });

  it('of rows that the checkpoint knows already changes nothing for the next run', async () => {
    const emulator = await openTenant();
    const start = hourBack(5);
    const inputs = files();
    const plain = { CreationTime: iso(start), Activity: 'ViewReport', ReportName: 'Bad' };
    emulator.addEvents(eventsFrom(start, 3));
    emulator.addEvents([plain]);
    refuse(emulator);
    const first = await step(emulator, { ...inputs });
    expect(titles(first.errors)).toEqual(['Rows refused for good']);
    emulator.clearFaults();
    const replay = await step(emulator, {
      'replay-file': inputs['rejected-file'],
      'state-file': inputs['state-file'],
    });
    expect(number(replay, 'activities-ingested')).toBe(1);
    // One more event that is equal and has no id: it happened, so it has to arrive.
    emulator.addEvents([plain]);
    const next = await step(emulator, { ...inputs });
    expect(next.outputs).toMatchObject({
      complete: 'true',
      'activities-ingested': '1',
      'duplicates-skipped': '4',
    });
    expect(emulator.table.filter(({ ActivityId }) => ActivityId === undefined)).toHaveLength(2);
  });
});
