/** The flags of the project's own commands: what is not known is refused, and --help tells what is. */
import { parseArgs } from 'node:util';

/**
 * Reads flags without a value; the dashes may be left out.
 * @param command as one types it
 * @param known name to what it does
 * @returns which were given; ends the process on --help (0) and on anything unknown (1)
 */
export function readFlags<K extends string>(
  command: string,
  about: string,
  known: Record<K, string>,
): Record<K, boolean> {
  const names = Object.keys(known) as K[];
  const options = Object.fromEntries([...names, 'help'].map((name) => [name, { type: 'boolean' as const }]));
  try {
    const dashed = process.argv.slice(2).map((word) => (word in options ? `--${word}` : word));
    const { values } = parseArgs({ options, args: dashed });
    if (values.help !== true)
      return Object.fromEntries(names.map((name) => [name, values[name] === true])) as Record<K, boolean>;
    const lines = [...names.map((name) => [name, known[name]] as const), ['help', 'shows this'] as const];
    console.log([about, '', ...lines.map(([name, does]) => `  --${name.padEnd(10)} ${does}`)].join('\n'));
    process.exit(0);
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : error}\nExpected one of ${[...names, 'help'].map((name) => `--${name}`).join(', ')}: ${command} --help tells more.`,
    );
    process.exit(1);
  }
}

/**
 * Reads one flag that takes one of some values, the first of which is meant where it is not given.
 * @returns the value; ends the process on --help (0) and on anything unknown (1)
 */
export function readChoice<V extends string>(
  command: string,
  about: string,
  name: string,
  values: readonly [V, ...V[]],
): V {
  const expected = `--${name} ${values.join('|')}`;
  try {
    const options = { [name]: { type: 'string' as const }, help: { type: 'boolean' as const } };
    const { values: given } = parseArgs({ options });
    if (given.help === true) {
      console.log([about, '', `  ${expected}`, '  --help       shows this'].join('\n'));
      process.exit(0);
    }
    const value = values.find((one) => one === (given[name] ?? values[0]));
    if (value !== undefined) return value;
    throw new Error(`No ${name} "${given[name]}".`);
  } catch (error) {
    const message = error instanceof Error ? error.message : error;
    console.error(`${message}\nExpected ${expected}: ${command} -- --help tells more.`);
    process.exit(1);
  }
}
