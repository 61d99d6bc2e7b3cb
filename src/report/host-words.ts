import { ActionError, FAULTS, type FaultCode } from '../errors.ts';
import type { HostDialect } from '../host.ts';
import { withLeadingNames, withNames } from '../inputs/names.ts';
import type { Conclusions } from './conclusions.ts';

/** Conclusions in the words of the host: its names for inputs and for itself, its remedies. */
export function inHostWords(conclusions: Conclusions, dialect: HostDialect | undefined): Conclusions {
  if (dialect === undefined) return conclusions;
  const { written } = dialect.inputs;
  // Faults of inputs are told in the host's names where they are found; those of a later look at them are not.
  const said = (text: string) => withLeadingNames(hostWords(text, dialect), written);
  const told = (error: ActionError): ActionError => {
    const { text = '', points, values } = error.parts;
    const detail = {
      text: said(text),
      ...(points !== undefined && { points: points.map(said) }),
      ...(values !== undefined && { values }),
    };
    const own = error.remedy === FAULTS[error.code].remedy ? dialect.remedies[error.code] : undefined;
    const remedy = own ?? ourWords(error.remedy, dialect);
    return new ActionError(error.code, detail, { cause: error, remedy });
  };
  const faults = [...conclusions.faults].map(([code, error]): [FaultCode, ActionError] => [
    code,
    told(error),
  ]);
  // What they quote are inputs, in remedies; what comes from outside stands in them without quotes.
  const notices = [...conclusions.notices].map(([code, text]) => [code, ourWords(text, dialect)] as const);
  return { ...conclusions, faults: new Map(faults), notices: new Map(notices) };
}

/** Text that is all our own, quoted names of inputs among it. */
export function ourWords(text: string, dialect: HostDialect | undefined): string {
  return dialect === undefined ? text : withNames(hostWords(text, dialect), dialect.inputs.written);
}

/** The words stand by themselves: never a part of a path, an address or a quoted value. */
function hostWords(text: string, { words }: HostDialect): string {
  return text.replaceAll(
    /(?<![\w/\\."'@-])(runner|workflow|action)(?=s?(?:'s)?(?:[\s,;:)]|\.(?!\w)|$))/g,
    (word) => words[word as keyof typeof words],
  );
}
