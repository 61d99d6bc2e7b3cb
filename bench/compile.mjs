// What it costs to compile the bundle, without running it.
import { readFileSync } from 'node:fs';
import { SourceTextModule } from 'node:vm';

new SourceTextModule(readFileSync(process.env.BENCH_COMPILE, 'utf8'));
