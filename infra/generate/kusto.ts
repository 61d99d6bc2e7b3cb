import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { FUNCTION_NAME, functionParameters, type Query } from './queries.ts';
import { kqlTables } from './schema.ts';

/** A fault that the language service sees in a query. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** The parts of the language service that are used here; the package exports nothing but global names. */
interface Service {
  readonly Bridge: { toArray(list: unknown): { Code: string; Message: string; Severity: string }[] };
  readonly Kusto: {
    readonly Language: {
      readonly GlobalState: { readonly Default: { WithDatabase(database: unknown): unknown } };
      readonly KustoCode: { ParseAndAnalyze(text: string, globals: unknown): { GetDiagnostics(): unknown } };
      readonly Symbols: {
        readonly TableSymbol: {
          readonly $ctor7: new (name: string, schema: string, description: string) => object;
        };
        readonly FunctionSymbol: {
          readonly $ctor16: new (
            name: string,
            parameters: string,
            body: string,
            description: string,
          ) => object;
        };
        readonly DatabaseSymbol: { readonly ctor: new (name: string, members: object[]) => object };
      };
    };
  };
}

/**
 * Says what is wrong with a query, by Microsoft's own language service against the schema that is generated from the
 * columns. The service is a script for browsers that makes globals, so it runs in a context of its own.
 * https://www.npmjs.com/package/@kusto/language-service-next
 */
export function checker(functionQuery: Query): (text: string) => Fault[] {
  const service = load();
  const { GlobalState, KustoCode, Symbols } = service.Kusto.Language;
  const tables = Object.entries(kqlTables()).map(
    ([name, schema]) => new Symbols.TableSymbol.$ctor7(name, schema, ''),
  );
  const saved = new Symbols.FunctionSymbol.$ctor16(
    FUNCTION_NAME,
    `(${functionParameters(functionQuery)})`,
    `{ ${functionQuery.body}\n}`,
    functionQuery.question,
  );
  const database = new Symbols.DatabaseSymbol.ctor('workspace', [...tables, saved]);
  const globals = GlobalState.Default.WithDatabase(database);
  return (text) =>
    service.Bridge.toArray(KustoCode.ParseAndAnalyze(text, globals).GetDiagnostics())
      .filter(({ Severity }) => Severity === 'Error' || Severity === 'Warning')
      .map(({ Code, Message }) => ({ code: Code, message: Message }));
}

function load(): Service {
  const folder = dirname(createRequire(import.meta.url).resolve('@kusto/language-service-next'));
  const context = createContext({});
  for (const file of ['bridge.min.js', 'Kusto.Language.Bridge.min.js']) {
    runInContext(readFileSync(join(folder, file), 'utf8'), context, { filename: file });
  }
  return context as unknown as Service;
}
