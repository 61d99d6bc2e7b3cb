import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The emulator in a process of its own, so that it does not use the CPU that is measured. */
export interface Service {
  readonly url: string;
  readonly env: Record<string, string>;
  readonly inputs: Record<string, string>;
  /** Of a run that reads the table back; for services that keep their rows. */
  readonly proofInputs: Record<string, string>;
  /** Bytes of the answers of the query API so far. */
  readonly queryBytes: () => Promise<number>;
  readonly rows: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

const MAIN = fileURLToPath(new URL('../emulator/main.ts', import.meta.url));

export async function startService(flags: Record<string, number | true>): Promise<Service> {
  const args = Object.entries(flags).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)],
  );
  const child = spawn(process.execPath, ['--max-old-space-size=6000', MAIN, '--no-empty-pages', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async (): Promise<Record<string, unknown>> => JSON.parse((await lines.next()).value ?? '{}');
  const ready = (await read()) as unknown as Pick<Service, 'url' | 'env' | 'inputs' | 'proofInputs'>;
  const stats = async () => {
    child.stdin.write('{"cmd":"stats"}\n');
    return read();
  };
  return {
    ...ready,
    rows: async () => Number((await stats()).rowCount),
    queryBytes: async () => {
      const services = (await stats()).services as Record<string, { answerBytes: number }>;
      return services['log-analytics']?.answerBytes ?? 0;
    },
    stop: async () => {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}
