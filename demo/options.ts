import { parseArgs } from 'node:util';
import { HOSTS, type HostName } from './hosts.ts';

export interface DemoOptions {
  readonly host: HostName;
  readonly verbose: boolean;
}

/** Ends the process on --help (0) and on anything unknown (1). */
export function readOptions(): DemoOptions {
  const usage = `npm run demo -- [--host ${HOSTS.join('|')}] [--verbose]`;
  try {
    const { values } = parseArgs({
      options: {
        host: { type: 'string', default: HOSTS[0] },
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(
        [
          'Runs the action, or the task, against an emulator of all services, several times, and checks the table.',
          '',
          `  ${usage}`,
          '  --host      as a step of GitHub Actions (default) or as a task of Azure Pipelines',
          '  --verbose   shows log, outputs and summary of each run',
          '  --help      shows this',
        ].join('\n'),
      );
      process.exit(0);
    }
    const host = HOSTS.find((one) => one === values.host);
    if (host === undefined) throw new Error(`No host "${values.host}".`);
    return { host, verbose: values.verbose };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nExpected ${usage}`);
    process.exit(1);
  }
}
