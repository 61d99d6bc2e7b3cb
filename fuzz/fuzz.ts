// Plays weeks of runs with everything that goes wrong, one seed after the other, and audits them.
import { parseArgs } from 'node:util';
import { playWeeks } from './weeks.ts';

const USAGE = `Plays weeks of runs with faults of all kinds, and audits that nothing is lost and nothing sent twice.

  --seeds N   how many seeds (default 20)
  --from S    the first one (default 1); a seed that failed is played again by --seeds 1 --from SEED
  --verbose   a line for each seed
  --help      shows this`;

function flags(): { seeds: number; from: number; verbose: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string', default: '20' },
        from: { type: 'string', default: '1' },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean' },
      },
    });
    if (values.help === true) {
      console.log(USAGE);
      process.exit(0);
    }
    const [seeds, from] = [Number(values.seeds), Number(values.from)];
    if (!Number.isSafeInteger(seeds) || seeds < 1 || !Number.isSafeInteger(from) || from < 0) {
      throw new Error(
        `expected whole numbers for --seeds and --from, got ${values.seeds} and ${values.from}`,
      );
    }
    return { seeds, from, verbose: values.verbose };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(1);
  }
}

const { seeds, from, verbose } = flags();
const totals = { runs: 0, kills: 0, events: 0, lost: 0, repeats: 0, allowed: 0 };
let failed = 0;
for (let seed = from; seed < from + seeds; seed += 1) {
  const weeks = await playWeeks({ seed });
  for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += weeks[name];
  if (weeks.findings.length > 0) {
    failed += 1;
    console.log(
      `seed ${seed}: ${weeks.findings.join('\n  ')}\n  again: npm run fuzz -- --seeds 1 --from ${seed}`,
    );
  } else if (verbose) {
    console.log(
      `seed ${seed}: ${weeks.runs} runs, ${weeks.kills} kills, ${weeks.events} events, ${weeks.repeats} of at most ${weeks.allowed} repeats`,
    );
  }
}
const { runs, kills, events, lost, repeats, allowed } = totals;
console.log(
  `${seeds - failed} of ${seeds} seeds good: ${runs} runs, ${kills} kills, ${events} events, ${lost} acknowledged and lost, ${repeats} of at most ${allowed} repeats.`,
);
process.exit(failed === 0 ? 0 : 1);
