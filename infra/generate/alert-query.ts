import type { AlertRule } from './alert-rules.ts';
import type { Query } from './queries.ts';

/**
 * A query as an alert may run it: every value in its place, since `ago()` takes only a literal there, and no limit in
 * time but the window of the rule. What the template chooses stands in braces.
 */
export function alertQuery({ values, tail }: AlertRule, { body, parameters, name }: Query): string {
  let text = body.replace('FabricUserActivity(ago(Lookback))', 'FabricUserActivity()');
  for (const { name: parameter, value } of parameters) {
    const given = values[parameter];
    const place = given === undefined || typeof given === 'string' ? (given ?? value) : `{${parameter}}`;
    text = text.replaceAll(new RegExp(`\\b${parameter}\\b`, 'g'), place);
  }
  for (const parameter of Object.keys(values))
    if (!parameters.some((each) => each.name === parameter))
      throw new Error(`Expected a parameter of ${name}.kql, got ${parameter}.`);
  return [text, ...(tail === undefined ? [] : [tail])].join('\n');
}

/**
 * What keeps a text from being the query of an alert, of the limits that are documented:
 * https://learn.microsoft.com/en-us/azure/azure-monitor/alerts/alerts-create-log-alert-rule
 * https://learn.microsoft.com/en-us/azure/azure-monitor/alerts/alerts-types#log-alerts
 * @param called bodies of the functions that it calls
 */
export function alertFaults(text: string, called: readonly string[] = []): string[] {
  const faults: string[] = [];
  for (const part of [text, ...called].map(withoutTexts)) {
    for (const [, argument = ''] of part.matchAll(/\bago\(([^()]*(?:\([^()]*\)[^()]*)*)\)/g))
      if (!/^\d+(\.\d+)?(d|h|m|s)$/.test(argument.trim())) faults.push(`ago(${argument}) is no literal`);
    for (const operator of ['union', 'search', 'bag_unpack', 'pivot', 'narrow', 'find', 'adx', 'arg'])
      if (new RegExp(`(^|[^\\w.])${operator}\\b(?!_)\\s*[\\s(]`).test(part)) faults.push(operator);
    if (/\blimit\b|\btake\b(?!_)|^\s*\.|\bworkspace\(/m.test(part))
      faults.push('a limit of rows or another workspace');
  }
  return faults;
}

/** Without comments and string literals, in which anything may stand. */
function withoutTexts(text: string): string {
  return text.replaceAll(/@?"(?:[^"\\\n]|\\.)*"/g, '""').replaceAll(/\/\/.*$/gm, '');
}
