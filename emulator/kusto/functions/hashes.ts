import { createHash } from 'node:crypto';
import { type Functions, fn, textAt } from './scalar-function.ts';

const digest = (algorithm: string) =>
  fn('string', (values, types) =>
    createHash(algorithm)
      .update(textAt(values, types, 0))
      .digest('hex'),
  );

export const HASHES: Functions = {
  hash_md5: digest('md5'),
  hash_sha1: digest('sha1'),
  hash_sha256: digest('sha256'),
};
