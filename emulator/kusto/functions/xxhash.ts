/** XXH64 with seed 0, on 64-bit words as BigInt (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). */
const P1 = 0x9e3779b185ebca87n;
const P2 = 0xc2b2ae3d27d4eb4fn;
const P3 = 0x165667b19e3779f9n;
const P4 = 0x85ebca77c2b2ae63n;
const P5 = 0x27d4eb2f165667c5n;
const STRIPE = 32;

const word = (value: bigint) => BigInt.asUintN(64, value);
const turned = (value: bigint, by: bigint) => word(value << by) | (value >> (64n - by));
const mixed = (lane: bigint, input: bigint) => word(turned(word(lane + input * P2), 31n) * P1);
const merged = (hash: bigint, lane: bigint) => word((hash ^ mixed(0n, lane)) * P1 + P4);

/** The hash of some bytes, unsigned. */
export function xxhash64(bytes: Buffer): bigint {
  let at = 0;
  let hash = P5;
  if (bytes.length >= STRIPE) {
    let lanes: readonly [bigint, bigint, bigint, bigint] = [word(P1 + P2), P2, 0n, word(-P1)];
    for (; at + STRIPE <= bytes.length; at += STRIPE) {
      const input = (lane: number) => bytes.readBigUInt64LE(at + 8 * lane);
      const [a, b, c, d] = lanes;
      lanes = [mixed(a, input(0)), mixed(b, input(1)), mixed(c, input(2)), mixed(d, input(3))];
    }
    const [a, b, c, d] = lanes;
    hash = lanes.reduce(merged, word(turned(a, 1n) + turned(b, 7n) + turned(c, 12n) + turned(d, 18n)));
  }
  hash = word(hash + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8)
    hash = word(turned(hash ^ mixed(0n, bytes.readBigUInt64LE(at)), 27n) * P1 + P4);
  for (; at + 4 <= bytes.length; at += 4)
    hash = word(turned(hash ^ word(BigInt(bytes.readUInt32LE(at)) * P1), 23n) * P2 + P3);
  for (; at < bytes.length; at += 1) hash = word(turned(hash ^ word(BigInt(bytes[at] ?? 0) * P5), 11n) * P1);
  hash = word((hash ^ (hash >> 33n)) * P2);
  hash = word((hash ^ (hash >> 29n)) * P3);
  return hash ^ (hash >> 32n);
}
