import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** An analytic rule of sentinel/Analytic Rules; names as Sentinel's YAML has them. */
export interface AnalyticRule extends HuntingQuery {
  readonly severity: string;
  readonly queryFrequency: string;
  readonly queryPeriod: string;
  readonly triggerOperator: string;
  readonly triggerThreshold: number;
  readonly customDetails?: Readonly<Record<string, string>>;
  readonly alertDetailsOverride?: Readonly<Record<string, string>>;
  readonly eventGroupingSettings: { readonly aggregationKind: string };
  readonly incidentConfiguration: {
    readonly createIncident: boolean;
    readonly groupingConfiguration: {
      readonly enabled: boolean;
      readonly reopenClosedIncident: boolean;
      readonly lookbackDuration: string;
      readonly matchingMethod: string;
      readonly groupByEntities: readonly string[];
      readonly groupByAlertDetails: readonly string[];
      readonly groupByCustomDetails: readonly string[];
    };
  };
  readonly kind: string;
}

export interface HuntingQuery {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tactics: readonly string[];
  readonly relevantTechniques: readonly string[];
  readonly query: string;
  readonly entityMappings: readonly {
    readonly entityType: string;
    readonly fieldMappings: readonly { readonly identifier: string; readonly columnName: string }[];
  }[];
  readonly version: string;
}

/** An ASIM parser. */
export interface Parser {
  readonly Parser: { readonly Title: string; readonly Version: string };
  readonly ParserName: string;
  readonly ParserParams: readonly {
    readonly Name: string;
    readonly Type: string;
    readonly Default: unknown;
  }[];
  readonly ParserQuery: string;
}

/** A file of the package, taken apart. */
export interface ContentFile<T> {
  readonly file: string;
  readonly text: string;
  readonly content: T;
}

const FOLDER = new URL('../../sentinel/', import.meta.url);

export const readRules = (): ContentFile<AnalyticRule>[] => read('Analytic Rules');
export const readHunts = (): ContentFile<HuntingQuery>[] => read('Hunting Queries');

/** Those in the shape of ASIM, which the function FabricUserActivity is not. */
export function readParsers(): ContentFile<Parser>[] {
  return read<Parser>('Parsers').filter(({ content }) => content.ParserName !== undefined);
}

export function parserParameters({ ParserParams }: Parser): string {
  return ParserParams.map(
    ({ Name, Type, Default }) =>
      `${Name}:${Type}=${Type === 'string' ? `'${String(Default)}'` : String(Default)}`,
  ).join(', ');
}

function read<T>(folder: string): ContentFile<T>[] {
  const at = new URL(`${encodeURIComponent(folder)}/`, FOLDER);
  return readdirSync(at)
    .filter((file) => file.endsWith('.yaml'))
    .sort()
    .map((file) => {
      const text = readFileSync(new URL(file, at), 'utf8');
      return { file: `sentinel/${folder}/${file}`, text, content: parse(text) as T };
    });
}
