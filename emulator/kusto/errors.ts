import type { Diagnostic } from './syntax.ts';

/**
 * A query that the service refuses with 400, in the shape of a recorded answer
 * (https://github.com/Azure/azure-sdk-for-js/tree/main/sdk/monitor/monitor-query-logs/recordings).
 */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  /** SEM0100 for names and types, SYN0002 for syntax. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }

  body(): object {
    const semantic = this.code.startsWith('SEM');
    return {
      error: {
        message: 'The request had some invalid properties',
        code: 'BadArgumentError',
        correlationId: '00000000-0000-4000-8000-000000000000',
        innererror: {
          code: semantic ? 'SemanticError' : 'SyntaxError',
          message: semantic ? 'A semantic error occurred.' : 'A syntax error occurred.',
          innererror: { code: this.code, message: this.message },
        },
      },
    };
  }
}

/** What this evaluator cannot do, although Kusto may: a gap of the emulator, not a fault of the query. */
export class NotEvaluatedError extends Error {
  override readonly name = 'NotEvaluatedError';

  constructor(what: string) {
    super(`The emulator's evaluator of KQL does not know ${what}`);
  }
}

/** Codes of the language service that speak of a name or a type; the others are of syntax. */
const SYNTAX = /^KS0(0\d|1\d)$/;
const NAME = /^The name '([^']*)' does not refer to any known (.*)\.?$/;

/** The service's refusal for what the language service found in a query. */
export function refusalOf(fault: Diagnostic, query: string): QueryError {
  if (SYNTAX.test(fault.code))
    return new QueryError(
      'SYN0002',
      `Query could not be parsed at position ${fault.start}: ${fault.message}`,
    );
  const name = NAME.exec(fault.message);
  if (name === null) return new QueryError('SEM0001', fault.message);
  const isTable = name[2]?.includes('column') !== true;
  // Of an unknown table, the operator that would read it is named; of an unknown column, the one it stands in.
  const operator = isTable
    ? /^[^|;]*\|\s*([a-z-]+)/.exec(query.slice(fault.start))
    : /\|\s*([a-z-]+)[^|]*$/.exec(query.slice(0, fault.start));
  const where = operator === null ? '' : `'${operator[1]}' operator: `;
  const what = isTable ? 'table or column' : 'scalar';
  return new QueryError('SEM0100', `${where}Failed to resolve ${what} expression named '${name[1]}'`);
}
