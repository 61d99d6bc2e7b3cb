/**
 * What an agent of Azure Pipelines takes for a command in the output of a task
 * (https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands). It looks for "##vso[" anywhere in a
 * line, of stdout and stderr alike.
 */

/** Characters that some comparisons pass over, so that they could hide a command from us and not from the agent. */
const UNSEEN = /[[\p{Cf}\p{Cc}]--[\t\r\n]]/gv;

/** Text from outside, which must not become a command. */
export function harmless(text: string): string {
  return text.replaceAll(UNSEEN, '').replaceAll(/##(?=(?:vso)?\[)/gi, '## ');
}

/** @param text may hold anything, and becomes data; `harmless` is up to the caller, since a secret has to stay as it is */
export function loggingCommand(
  name: string,
  properties: Readonly<Record<string, string>>,
  text: string,
): string {
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${property(value)};`);
  return `##vso[${name}${pairs.length > 0 ? ` ${pairs.join('')}` : ''}]${data(text)}`;
}

function data(text: string): string {
  return text.replaceAll('%', percent()).replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(']', '%5D').replaceAll(';', '%3B');
}

/** An agent that is told not to decode it would keep the letters. */
function percent(): string {
  return process.env.DECODE_PERCENTS?.toLowerCase() === 'false' ? '%' : '%AZP25';
}

const write = process.stdout.write.bind(process.stdout);

/** Prints a line that the agent acts upon. */
export function tellAgent(line: string): void {
  write(`${line}\n`);
}

/** From now on nothing but `tellAgent` prints commands: libraries print what services answer, if DEBUG or the like is set. */
export function keepOutputHarmless(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const print = stream.write.bind(stream);
    const filtered = (chunk: string | Uint8Array, ...rest: unknown[]) =>
      print(
        harmless(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')),
        ...(rest as []),
      );
    stream.write = filtered as typeof stream.write;
  }
}
