import { createHash } from 'node:crypto';
import { NotEvaluatedError } from '../errors.ts';
import type { Type, Value } from '../values.ts';
import { type Functions, fn, type ScalarFunction, textAt } from './scalar-function.ts';
import { xxhash64 } from './xxhash.ts';

const TICKS_TO_EPOCH = 621_355_968_000_000_000n;

const digest = (algorithm: string) =>
  fn('string', (values, types) =>
    createHash(algorithm)
      .update(textAt(values, types, 0))
      .digest('hex'),
  );

/** Texts by their UTF-8, instants by their ticks; https://learn.microsoft.com/en-us/kusto/query/hash-xxhash64-function */
function bytesOf(values: readonly Value[], types: readonly Type[]): Buffer {
  const [value] = values;
  if (types[0] !== 'datetime' || typeof value !== 'number') return Buffer.from(textAt(values, types, 0));
  const ticks = Buffer.alloc(8);
  ticks.writeBigInt64LE(BigInt(Math.round(value * 10_000)) + TICKS_TO_EPOCH);
  return ticks;
}

/** Only with a modulus: a long of 64 bits does not fit the numbers here. */
const xxhash: ScalarFunction = fn('long', (values, types) => {
  const [, modulus] = values;
  if (typeof modulus !== 'number') throw new NotEvaluatedError('hash() without a modulus');
  const by = BigInt(modulus);
  return Number(((BigInt.asIntN(64, xxhash64(bytesOf(values, types))) % by) + by) % by);
});

export const HASHES: Functions = {
  hash: xxhash,
  hash_xxhash64: xxhash,
  hash_md5: digest('md5'),
  hash_sha1: digest('sha1'),
  hash_sha256: digest('sha256'),
};
