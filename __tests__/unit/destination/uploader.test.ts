import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Batch, Batcher, rowAt } from '../../../src/destination/batch.ts';
import type { Delivery } from '../../../src/destination/delivery.ts';
import { REFUSALS_AT_MOST } from '../../../src/destination/refusals.ts';
import { Uploader } from '../../../src/destination/uploader.ts';
import { ActionError } from '../../../src/errors.ts';
import type { Answer } from '../../../src/http/answer.ts';
import { RequestFailedError } from '../../../src/http/retry.ts';
import { pause } from '../../support/virtual-clock.ts';

const LIMIT = 1_000_000;

const answer = (status: number, code?: string): Answer => ({
  status,
  header: () => undefined,
  body: Buffer.from(
    code === undefined ? '' : JSON.stringify({ error: { code, message: 'ana@example.test' } }),
  ),
});

/** Batches of so many rows each; the rows are numbered through. */
function batchesOf(...sizes: number[]): Batch[] {
  let next = 0;
  return sizes.map((size) => {
    const batcher = new Batcher(LIMIT);
    for (let row = 0; row < size; row += 1, next += 1) {
      batcher.add({
        json: JSON.stringify({ n: next }),
        key: { hour: 0, high: 0, low: next, byContent: false },
      });
    }
    const batch = batcher.flush();
    if (batch === undefined) throw new Error('no rows');
    return batch;
  });
}

const numbersIn = (batch: Batch) => batch.keys.map(({ low }) => low);
const upTo = (end: number) => Array.from({ length: end }, (_, at) => at);

/** An upload as the fake service sees it. */
interface Upload {
  readonly rows: readonly number[];
  readonly bytes: number;
  readonly requestId: string;
}

/** Batches one by one, as they come from a source. */
async function* stream(batches: Iterable<Batch>): AsyncGenerator<Batch, void> {
  for (const batch of batches) yield batch;
}

function setUp(
  respond: (upload: Upload, at: number) => Answer | Promise<Answer>,
  concurrency = 1,
  provenBefore = false,
) {
  const uploads: Upload[] = [];
  const deliveries: Delivery[] = [];
  const stops: unknown[] = [];
  let under = 0;
  const most = { underWay: 0 };
  let ids = 0;
  const uploader = new Uploader({
    concurrency,
    provenBefore,
    send: async (body, requestId) => {
      const text = gunzipSync(body).toString('utf8');
      const rows = (JSON.parse(text) as { n: number }[]).map(({ n }) => n);
      const upload = { rows, bytes: body.length, requestId };
      uploads.push(upload);
      under += 1;
      most.underWay = Math.max(most.underWay, under);
      try {
        await pause();
        return await respond(upload, uploads.length - 1);
      } finally {
        under -= 1;
      }
    },
    faultOf: ({ status }) =>
      [401, 403, 404].includes(status)
        ? new ActionError('destination-forbidden', `HTTP ${status}`)
        : undefined,
    newRequestId: () => `request-${++ids}`,
    onStop: (reason) => stops.push(reason),
  });
  const uploadAll = async (batches: AsyncIterable<Batch>) => {
    for await (const delivery of uploader.deliver(batches)) deliveries.push(delivery);
  };
  const upload = (batches: readonly Batch[]) => uploadAll(stream(batches));
  const rows = (status: Delivery['status']) =>
    deliveries
      .filter((delivery) => delivery.status === status)
      .flatMap(({ batch }) => numbersIn(batch))
      .sort((a, b) => a - b);
  return { uploader, upload, uploadAll, uploads, deliveries, stops, most, rows };
}

describe('Uploader', () => {
  it('sends each batch once, as it is, and tells its bytes and request id', async () => {
    const { upload, uploads, deliveries, stops } = setUp(() => answer(204));
    await upload(batchesOf(3, 2));
    expect(uploads.map(({ rows }) => rows)).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(
      deliveries.map(({ status, wireBytes, requestId, why }) => ({ status, wireBytes, requestId, why })),
    ).toEqual(
      uploads.map(({ bytes, requestId }) => ({ status: 'delivered', wireBytes: bytes, requestId, why: '' })),
    );
    expect(new Set(uploads.map(({ requestId }) => requestId)).size).toBe(2);
    expect(stops).toEqual([]);
  });

  it.each([1, 3, 16])(
    'sends %i at a time where that many are allowed, and never more',
    async (concurrency) => {
      let waiting: (() => void)[] = [];
      const { upload, most, rows } = setUp(async () => {
        // Nothing is answered before as many as allowed are under way.
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          if (waiting.length < concurrency) return;
          for (const answerIt of waiting) answerIt();
          waiting = [];
        });
        return answer(204);
      }, concurrency);
      await upload(batchesOf(...Array.from({ length: 48 }, () => 2)));
      expect(most.underWay).toBe(concurrency);
      expect(rows('delivered')).toEqual(upTo(96));
    },
  );

  it('asks for no batch while as many uploads as allowed are under way', async () => {
    const gates = upTo(3).map(() => Promise.withResolvers<Answer>());
    const { uploadAll, uploads, rows } = setUp(
      ({ rows: [row = 0] }) => gates[row]?.promise ?? answer(204),
      2,
    );
    let asked = 0;
    const all = uploadAll(
      (async function* () {
        for (const batch of batchesOf(1, 1, 1, 1)) {
          asked += 1;
          yield batch;
        }
      })(),
    );
    while (uploads.length < 2) await pause();
    for (let time = 0; time < 20; time += 1) await pause();
    // The third waits for its turn; the fourth is not asked for.
    expect([asked <= 3, uploads.length, rows('delivered')]).toEqual([true, 2, []]);
    gates[1]?.resolve(answer(204));
    while (uploads.length < 3) await pause();
    expect([asked <= 4, rows('delivered')]).toEqual([true, [1]]);
    for (const gate of gates) gate.resolve(answer(204));
    await all;
    expect(uploads.length).toBe(4);
    expect(rows('delivered')).toEqual([0, 1, 2, 3]);
  });

  it('hands on what the batches throw, once each of them has its delivery', async () => {
    const { uploadAll, rows } = setUp(() => answer(204), 2);
    const broken = (async function* () {
      yield* batchesOf(2, 3);
      throw new Error('the source broke');
    })();
    await expect(uploadAll(broken)).rejects.toThrow('the source broke');
    expect(rows('delivered')).toEqual(upTo(5));
  });

  it('halves what is too large, and counts the parts and not the whole', async () => {
    const { upload, deliveries, rows, stops } = setUp(({ rows }) => answer(rows.length > 3 ? 413 : 204));
    await upload(batchesOf(10));
    expect(rows('delivered')).toEqual(upTo(10));
    expect(deliveries.map(({ status }) => status)).toEqual([
      'delivered',
      'delivered',
      'delivered',
      'delivered',
    ]);
    expect(deliveries.every(({ batch }) => batch.keys.length <= 3)).toBe(true);
    expect(stops).toEqual([]);
  });

  it.each([0, 1, 399, 400, 500, 799])(
    'finds the one bad row, number %i of 800, and sends all others',
    async (bad) => {
      const { upload, uploads, deliveries, rows, stops } = setUp(({ rows }) =>
        answer(rows.includes(bad) ? 400 : 204, 'InvalidRecord'),
      );
      await upload(batchesOf(800));
      expect(rows('rejected')).toEqual([bad]);
      expect(rows('delivered')).toEqual(upTo(800).filter((row) => row !== bad));
      expect(rows('failed')).toEqual([]);
      expect(uploads.length).toBeLessThanOrEqual(21);
      const refused = deliveries.find(({ status }) => status === 'rejected');
      expect(refused).toMatchObject({ why: 'HTTP 400 InvalidRecord' });
      expect(refused?.requestId).toBe(
        uploads.find(({ rows }) => rows.length === 1 && rows[0] === bad)?.requestId,
      );
      expect(JSON.parse(refused === undefined ? '' : rowAt(refused.batch, 0))).toEqual({ n: bad });
      expect(stops).toEqual([]);
    },
  );

  it('finds several bad rows in several batches, sent side by side', async () => {
    const bad = [3, 77, 78, 250, 399];
    const { upload, rows, stops } = setUp(
      (sent) => answer(sent.rows.some((row) => bad.includes(row)) ? 400 : 204),
      4,
    );
    await upload(batchesOf(100, 100, 100, 100));
    expect(rows('rejected')).toEqual(bad);
    expect(rows('delivered')).toEqual(upTo(400).filter((row) => !bad.includes(row)));
    expect(stops).toEqual([]);
  });

  it.each([100, 50, 20, 10, 5].flatMap((every) => [1, 4, 8].map((concurrency) => ({ every, concurrency }))))(
    'finds each bad row where one in $every is bad, $concurrency at a time',
    async ({ every, concurrency }) => {
      const isBad = (row: number) => row % every === every - 1;
      const { upload, rows, stops } = setUp((sent) => answer(sent.rows.some(isBad) ? 400 : 204), concurrency);
      await upload(batchesOf(...Array.from({ length: 8 }, () => 800)));
      expect(stops).toEqual([]);
      expect(rows('rejected')).toEqual(upTo(6400).filter(isBad));
      expect(rows('delivered').length + rows('rejected').length).toBe(6400);
    },
  );

  it.each([0, 150, 385, 770].flatMap((first) => [2, 12, 30, 100].map((length) => ({ first, length }))))(
    'finds $length bad rows side by side, from row $first of 800 on',
    async ({ first, length }) => {
      const isBad = (row: number) => row >= first && row < first + length;
      const { upload, rows, stops } = setUp((sent) => answer(sent.rows.some(isBad) ? 400 : 204), 4);
      await upload(batchesOf(800, 800, 800));
      expect(stops).toEqual([]);
      expect(rows('rejected')).toEqual(upTo(2400).filter(isBad));
      expect(rows('delivered').length + rows('rejected').length).toBe(2400);
    },
  );

  it('does not tell free text of the service', async () => {
    const { upload, deliveries } = setUp(() => answer(400, 'InvalidRecord'));
    await upload(batchesOf(1));
    expect(JSON.stringify(deliveries.map(({ why }) => why))).not.toContain('example.test');
  });

  it('keeps a refused row as it was, when the memory of its batch is used again', async () => {
    const batcher = new Batcher(LIMIT);
    const told: { status: string; row: string }[] = [];
    const uploader = new Uploader({
      concurrency: 1,
      provenBefore: false,
      send: async (body) => answer(gunzipSync(body).toString('utf8').includes('bad') ? 400 : 204),
      faultOf: () => undefined,
      newRequestId: () => 'request',
      onStop: () => undefined,
    });
    const batches = (async function* () {
      for (const [low, text] of ['bad', 'good and longer than the other'].entries()) {
        batcher.add({ json: JSON.stringify({ text }), key: { hour: 0, high: 0, low, byContent: false } });
        const batch = batcher.flush();
        if (batch !== undefined) yield batch;
        for (let time = 0; time < 5; time += 1) await new Promise((resolve) => setTimeout(resolve, 5));
        // As the one who takes the deliveries does, and here also before there is one.
        if (batch !== undefined) batcher.reuse(batch);
      }
    })();
    for await (const { status, batch } of uploader.deliver(batches))
      told.push({ status, row: rowAt(batch, 0) });
    expect(told).toContainEqual({ status: 'rejected', row: '{"text":"bad"}' });
    expect(told).toContainEqual({ status: 'delivered', row: '{"text":"good and longer than the other"}' });
  });
});

describe('a destination that refuses everything', () => {
  it('is told apart from bad rows after 50 refusals and no acceptance, and nothing counts as refused for good', async () => {
    const { upload, uploads, stops, rows, deliveries } = setUp(() => answer(400, 'InvalidStream'));
    await upload(batchesOf(50, 50, 1, 1, 1));
    expect(REFUSALS_AT_MOST).toBe(50);
    expect(uploads.length).toBe(50);
    expect(stops.length).toBe(1);
    expect(stops[0]).toMatchObject({ code: 'everything-refused' });
    expect(String((stops[0] as Error).message)).toContain('HTTP 400 InvalidStream');
    expect(rows('failed')).toEqual(upTo(103));
    expect(deliveries.every(({ status }) => status === 'failed')).toBe(true);
  });

  it('is found with single rows too, also side by side', async () => {
    const { upload, uploads, stops, rows } = setUp(() => answer(400), 4);
    await upload(batchesOf(...Array.from({ length: 60 }, () => 1)));
    expect(uploads.length).toBeLessThan(50 + 4);
    expect(stops.length).toBe(1);
    expect(rows('failed')).toEqual(upTo(60));
    expect(rows('rejected')).toEqual([]);
  });

  it('is not suspected while a row is accepted now and then', async () => {
    const { upload, stops, rows } = setUp(({ rows: [row = 0] }) => answer(row % 20 === 19 ? 204 : 400));
    await upload(batchesOf(...Array.from({ length: 100 }, () => 1)));
    expect(stops).toEqual([]);
    expect(rows('rejected').length).toBe(95);
    expect(rows('delivered')).toEqual([19, 39, 59, 79, 99]);
  });

  it('takes fewer than 20 refusals for the fault of the rows', async () => {
    const { upload, stops, rows } = setUp(() => answer(400));
    await upload(batchesOf(...Array.from({ length: 19 }, () => 1)));
    expect(stops).toEqual([]);
    expect(rows('rejected')).toEqual(upTo(19));
  });
});

describe('a block of bad rows', () => {
  const random = (row: number) => (Math.imul(row + 1, 2_654_435_761) >>> 8) % 2 === 0;
  const block = (first: number, length: number) => (row: number) => row >= first && row < first + length;
  /** Rows that are bad among 2,000 in batches of 400, and how many requests they may cost. */
  const CASES: readonly (readonly [what: string, isBad: (row: number) => boolean, requests: number])[] = [
    ['the first 1,500', block(0, 1500), 3050],
    ['the last 1,500', block(500, 1500), 3050],
    ['1,500 in the middle', block(250, 1500), 3050],
    ['the first 1,999', block(0, 1999), 4050],
    ['the last 1,999', block(1, 1999), 4050],
    ['one batch and a half', block(400, 600), 1250],
    ['every second', (row) => row % 2 === 0, 4010],
    ['every third', (row) => row % 3 === 0, 3600],
    ['half of them at random', random, 3400],
    ['all but every tenth', (row) => row % 10 !== 9, 4010],
  ];
  it.each(CASES.flatMap((one) => [1, 4].map((concurrency) => [...one, concurrency] as const)))(
    '%s: every good row arrives, every bad one is named, in bounded requests',
    async (_what, isBad, requests, concurrency) => {
      const { upload, uploads, rows, stops } = setUp(
        (sent) => answer(sent.rows.some(isBad) ? 400 : 204),
        concurrency,
      );
      await upload(batchesOf(400, 400, 400, 400, 400));
      expect(stops).toEqual([]);
      expect(rows('rejected')).toEqual(upTo(2000).filter(isBad));
      expect(rows('delivered')).toEqual(upTo(2000).filter((row) => !isBad(row)));
      expect(uploads.length).toBeLessThanOrEqual(requests);
    },
  );

  it('that is all there is stops a run at a destination that nothing is known of', async () => {
    const { upload, uploads, stops, rows } = setUp(() => answer(400));
    await upload(batchesOf(400));
    expect([uploads.length, stops.length, rows('failed').length]).toEqual([50, 1, 400]);
  });

  it('that is all there is counts as bad rows where the destination took others before', async () => {
    const { upload, stops, rows } = setUp(() => answer(400), 1, true);
    await upload(batchesOf(120));
    expect([stops, rows('rejected')]).toEqual([[], upTo(120)]);
  });

  it('does not keep batches waiting that come after it', async () => {
    const isBad = block(0, 1200);
    const { upload, uploads } = setUp((sent) => answer(sent.rows.some(isBad) ? 400 : 204), 2, true);
    await upload(batchesOf(400, 400, 400, ...Array.from({ length: 20 }, () => 10)));
    const lastGood = uploads.findLastIndex(({ rows }) => (rows[0] ?? 0) >= 1200);
    expect(lastGood).toBeLessThan(100);
  });

  it('larger than what can wait is left to the next run in part, and all others are sent', async () => {
    const large = 'x'.repeat(900_000);
    const twoRows = upTo(70).map((at) => {
      const batcher = new Batcher(LIMIT);
      for (const low of [2 * at, 2 * at + 1]) {
        const json = JSON.stringify({ n: low, large: low % 2 === 0 ? large : '' });
        batcher.add({ json, key: { hour: 0, high: 0, low, byContent: false } });
      }
      return batcher.flush() as Batch;
    });
    const { upload, rows, stops } = setUp(
      (sent) => answer(sent.rows.every((row) => row < 120) ? 400 : 204),
      1,
      true,
    );
    await upload(twoRows);
    expect(stops).toEqual([]);
    expect(rows('delivered')).toEqual(upTo(140).filter((row) => row >= 120));
    expect(rows('failed').length).toBeGreaterThan(0);
    expect(rows('rejected').length).toBeGreaterThan(30);
    expect([...rows('rejected'), ...rows('failed')].sort((a, b) => a - b)).toEqual(upTo(120));
  });
});

describe('a destination that takes nothing any more', () => {
  it.each([401, 403, 404])('stops the run at the first %i, and sends nothing more', async (status) => {
    const { upload, uploads, stops, rows } = setUp((_, at) => answer(at < 2 ? 204 : status));
    await upload(batchesOf(2, 2, 2, 2, 2));
    expect(uploads.length).toBe(3);
    expect(stops).toEqual([expect.objectContaining({ code: 'destination-forbidden' })]);
    expect(rows('delivered')).toEqual([0, 1, 2, 3]);
    expect(rows('failed')).toEqual([4, 5, 6, 7, 8, 9]);
    expect(rows('rejected')).toEqual([]);
  });

  it('is given up after 8 failed uploads in a row', async () => {
    const { upload, uploads, stops, rows, deliveries } = setUp(() => {
      throw new RequestFailedError('HTTP 503', 7);
    });
    await upload(batchesOf(...Array.from({ length: 12 }, () => 3)));
    expect(uploads.length).toBe(8);
    expect(stops).toEqual([expect.objectContaining({ code: 'uploads-failed' })]);
    expect(rows('failed')).toEqual(upTo(36));
    expect(deliveries[0]?.why).toBe('HTTP 503 (7 attempts)');
  });

  it('is not given up while every eighth upload gets through', async () => {
    const { upload, stops, rows } = setUp((_, at) => {
      if (at % 8 !== 7) throw new RequestFailedError('ECONNRESET', 7);
      return answer(204);
    });
    await upload(batchesOf(...Array.from({ length: 32 }, () => 1)));
    expect(stops).toEqual([]);
    expect(rows('delivered')).toEqual([7, 15, 23, 31]);
    expect(rows('failed').length).toBe(28);
  });

  it('stops the run for what is no fault of an upload, such as a sign-in that is refused', async () => {
    const refused = new ActionError('entra-secret-expired', 'AADSTS7000222');
    const { upload, uploads, stops, rows } = setUp(() => {
      throw refused;
    });
    await upload(batchesOf(1, 1, 1));
    expect(stops).toEqual([refused]);
    expect(uploads.length).toBe(1);
    expect(rows('failed')).toEqual([0, 1, 2]);
  });

  it('counts rows that were refused just before a verdict as failed, not as refused for good', async () => {
    const { upload, rows } = setUp((_, at) => answer(at < 3 ? 400 : 403));
    await upload(batchesOf(1, 1, 1, 1));
    expect(rows('rejected')).toEqual([]);
    expect(rows('failed')).toEqual([0, 1, 2, 3]);
  });
});

describe('stop', () => {
  const CANCELLED = new ActionError('cancelled', 'the runner asked the step to end');

  it('lets uploads under way finish, takes none up, and leaves no batch without an end', async () => {
    const gate = Promise.withResolvers<Answer>();
    const { uploader, upload, uploads, rows } = setUp((_, at) => (at === 0 ? gate.promise : answer(204)));
    const all = upload(batchesOf(4, 2));
    while (uploads.length === 0) await pause();
    uploader.stop(CANCELLED);
    gate.resolve(answer(204));
    await all;
    expect(uploads.length).toBe(1);
    expect(rows('delivered')).toEqual([0, 1, 2, 3]);
    expect(rows('failed')).toEqual([4, 5]);
  });

  it('does not halve on what comes back refused afterwards', async () => {
    const gate = Promise.withResolvers<Answer>();
    const { uploader, upload, uploads, rows } = setUp(() => gate.promise);
    const all = upload(batchesOf(8));
    while (uploads.length === 0) await pause();
    uploader.stop(CANCELLED);
    gate.resolve(answer(413));
    await all;
    expect(uploads.length).toBe(1);
    expect(rows('failed')).toEqual(upTo(8));
  });

  it('gives no request id to what was never sent', async () => {
    const { uploader, upload, deliveries } = setUp(() => answer(204));
    uploader.stop(CANCELLED);
    await upload(batchesOf(2));
    const told = deliveries.map(({ status, wireBytes, requestId }) => ({ status, wireBytes, requestId }));
    expect(told).toEqual([{ status: 'failed', wireBytes: 0, requestId: '' }]);
  });
});

type Reply = number | 'lost' | 'signed out';

describe('whatever the service answers', () => {
  const reply = fc.constantFrom<Reply[]>(204, 204, 204, 204, 400, 400, 413, 'lost');
  const lasting = fc.constantFrom<Reply[]>(401, 403, 404, 'signed out');
  const script = fc.array(fc.oneof({ weight: 40, arbitrary: reply }, { weight: 1, arbitrary: lasting }), {
    minLength: 1,
    maxLength: 60,
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 });

  it('every row ends exactly once, as what the service said of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        script,
        sizes,
        fc.integer({ min: 1, max: 5 }),
        async (replies, counts, concurrency) => {
          const accepted: number[] = [];
          const refusedAlone: number[] = [];
          const { upload, uploads, deliveries, stops, most, rows } = setUp(({ rows: sent }, at) => {
            const next = replies[at % replies.length] ?? 204;
            if (next === 'lost') throw new RequestFailedError('ECONNRESET', 7);
            if (next === 'signed out') throw new ActionError('entra-refused', 'AADSTS50000');
            if (next === 204) accepted.push(...sent);
            if ((next === 400 || next === 413) && sent.length === 1) refusedAlone.push(...sent);
            return answer(next);
          }, concurrency);
          const batches = batchesOf(...counts);
          await upload(batches);
          const all = counts.reduce((sum, count) => sum + count, 0);
          const ended = [...rows('delivered'), ...rows('rejected'), ...rows('failed')].sort((a, b) => a - b);
          expect(ended).toEqual(upTo(all));
          expect(rows('delivered')).toEqual(accepted.sort((a, b) => a - b));
          expect(refusedAlone).toEqual(expect.arrayContaining(rows('rejected')));
          expect(most.underWay).toBeLessThanOrEqual(concurrency);
          expect(stops.length).toBeLessThanOrEqual(1);
          const sentIds = deliveries
            .filter(({ status }) => status === 'delivered')
            .map(({ requestId }) => requestId);
          expect(new Set(sentIds).size).toBe(sentIds.length);
          expect(uploads.map(({ requestId }) => requestId)).toEqual(expect.arrayContaining(sentIds));
        },
      ),
      { numRuns: 150 },
    );
  });
});
