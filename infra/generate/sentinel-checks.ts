import { parseDocument } from 'yaml';
import type { AnalyticRule, ContentFile, HuntingQuery } from './sentinel-content.ts';

/**
 * The rules of fields that Sentinel's own checks hold its content to:
 * https://github.com/Azure/Azure-Sentinel/tree/master/.script/tests/detectionTemplateSchemaValidation
 * https://learn.microsoft.com/en-us/azure/sentinel/sentinel-analytic-rules-creation
 */
const FIELDS = {
  rule: [
    ...[
      'id',
      'name',
      'description',
      'severity',
      'status',
      'requiredDataConnectors',
      'queryFrequency',
      'queryPeriod',
    ],
    ...['triggerOperator', 'triggerThreshold', 'tactics', 'relevantTechniques', 'query', 'entityMappings'],
    ...[
      'customDetails',
      'alertDetailsOverride',
      'eventGroupingSettings',
      'incidentConfiguration',
      'kind',
      'version',
    ],
  ],
  hunt: [
    ...['id', 'name', 'description', 'requiredDataConnectors', 'tactics', 'relevantTechniques', 'query'],
    ...['entityMappings', 'customDetails', 'version'],
  ],
};
const OPTIONAL = ['status', 'customDetails', 'alertDetailsOverride'];

const IDENTIFIERS: Readonly<Record<string, readonly string[]>> = {
  Account: [
    'Name',
    'UPNSuffix',
    'AadUserId',
    'Sid',
    'NTDomain',
    'DnsDomain',
    'PUID',
    'ObjectGuid',
    'AadTenantId',
  ],
  IP: ['Address'],
  CloudApplication: ['AppId', 'Name', 'InstanceName'],
  Mailbox: ['MailboxPrimaryAddress', 'DisplayName', 'Upn'],
};

/** A strong identifier is one, or two together, that stand for one entity alone. */
const STRONG: Readonly<Record<string, readonly (readonly string[])[]>> = {
  Account: [['Name', 'UPNSuffix'], ['AadUserId'], ['Sid'], ['PUID'], ['ObjectGuid'], ['Name', 'NTDomain']],
  IP: [['Address']],
  CloudApplication: [['AppId'], ['Name']],
  Mailbox: [['MailboxPrimaryAddress']],
};

/** Techniques with the tactics that ATT&CK gives them: a rule has to name all of these. */
const TECHNIQUES: Readonly<Record<string, readonly string[]>> = {
  T1087: ['Discovery'],
  T1098: ['Persistence'],
  T1119: ['Collection'],
  T1199: ['InitialAccess'],
  T1213: ['Collection'],
  T1485: ['Impact'],
  T1526: ['Discovery'],
  T1528: ['CredentialAccess'],
  T1530: ['Collection'],
  T1537: ['Exfiltration'],
  T1552: ['CredentialAccess'],
  T1562: ['DefenseEvasion'],
  T1567: ['Exfiltration'],
};

export function contentFaults(
  kind: 'rule' | 'hunt',
  { text, content }: Omit<ContentFile<HuntingQuery>, 'file'>,
): string[] {
  const faults: string[] = [];
  const check = (holds: boolean, fault: string) => void (holds || faults.push(fault));
  const keys = parseDocument(text).toJS() as Record<string, unknown>;
  for (const key of Object.keys(keys)) check(FIELDS[kind].includes(key), `${key} is no field`);
  for (const key of FIELDS[kind]) check(key in keys || OPTIONAL.includes(key), `${key} is missing`);
  check(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(content.id ?? ''), 'id is no GUID');
  check(
    (content.name ?? '').length <= 80 && !/\.$|\bIP\b|[Ss]uspicious|[Ee]xecute/.test(content.name ?? ''),
    'name',
  );
  const description = (content.description ?? '').trim();
  check(/^(Identifies|This query searches for)/.test(description), 'description does not begin as it has to');
  check(description.length <= 255 && description.split('. ').length <= 5, 'description is too long');
  check(/^\d+\.\d+\.\d+$/.test(content.version ?? ''), 'version');
  check(text.trimEnd().split('\n').at(-1)?.startsWith('version: ') === true, 'version is not last');
  const query = content.query ?? '';
  check(query.length > 0 && query.length <= 10_000, 'query is too long');
  check(!/\b(search|union)\s+(\w+=\w+\s+)*\*/.test(query), 'query reads all tables');
  check(!/\b(Account|IP|Host|URL)CustomEntity\b/.test(query), 'query has an old entity');
  const techniques = content.relevantTechniques ?? [];
  check(techniques.length > 0, 'no technique');
  for (const technique of techniques) {
    check(TECHNIQUES[technique] !== undefined, `technique ${technique}`);
    for (const tactic of TECHNIQUES[technique] ?? [])
      check(content.tactics?.includes(tactic) === true, `tactic ${tactic} of ${technique} is missing`);
  }
  faults.push(...entityFaults(content));
  return kind === 'rule' ? [...faults, ...ruleFaults(content as AnalyticRule)] : faults;
}

function entityFaults({ entityMappings = [] }: HuntingQuery): string[] {
  const faults: string[] = [];
  if (entityMappings.length < 1 || entityMappings.length > 5) faults.push('number of entities');
  for (const { entityType, fieldMappings } of entityMappings) {
    const identifiers = fieldMappings.map(({ identifier }) => identifier);
    if (fieldMappings.length > 3 || new Set(identifiers).size !== identifiers.length)
      faults.push(`fields of ${entityType}`);
    for (const identifier of identifiers)
      if (IDENTIFIERS[entityType]?.includes(identifier) !== true)
        faults.push(`${entityType} has no ${identifier}`);
    const isStrong = STRONG[entityType]?.some((set) => set.every((each) => identifiers.includes(each)));
    if (isStrong !== true) faults.push(`${entityType} is not known by a strong identifier`);
  }
  return faults;
}

function ruleFaults(rule: AnalyticRule): string[] {
  const faults: string[] = [];
  const check = (holds: boolean, fault: string) => void (holds || faults.push(fault));
  const [frequency, period] = [minutesOf(rule.queryFrequency), minutesOf(rule.queryPeriod)];
  check(['Informational', 'Low', 'Medium', 'High'].includes(rule.severity), 'severity');
  check(
    frequency >= 5 && frequency <= 14 * 1440 && period >= 5 && period <= 14 * 1440,
    'frequency or period',
  );
  check(period >= frequency, 'period is shorter than frequency');
  check(period < 2 * 1440 || frequency >= 60, 'a long period needs an hour between runs');
  check(['gt', 'lt', 'eq', 'ne'].includes(rule.triggerOperator), 'triggerOperator');
  check(
    Number.isInteger(rule.triggerThreshold) && rule.triggerThreshold >= 0 && rule.triggerThreshold <= 10_000,
    'triggerThreshold',
  );
  const details = Object.entries(rule.customDetails ?? {});
  check(
    details.length <= 20 && details.every(([key]) => /^[a-zA-Z]+\w*$/.test(key) && key.length <= 20),
    'customDetails',
  );
  for (const [key, format] of Object.entries(rule.alertDetailsOverride ?? {})) {
    if (!key.endsWith('Format')) continue;
    const columns = format.match(/\{\{[^}]*\}\}/g) ?? [];
    check(columns.length <= 3 && columns.every((column) => /^\{\{\w+\}\}$/.test(column)), key);
    check(format.length <= (key === 'alertDisplayNameFormat' ? 256 : 5000), `${key} is too long`);
  }
  check(
    ['SingleAlert', 'AlertPerResult'].includes(rule.eventGroupingSettings?.aggregationKind),
    'eventGroupingSettings',
  );
  check(rule.kind === 'Scheduled', 'kind');
  const grouping = rule.incidentConfiguration?.groupingConfiguration;
  for (const entity of grouping?.groupByEntities ?? [])
    check(
      rule.entityMappings.some(({ entityType }) => entityType === entity),
      `grouping by ${entity}`,
    );
  // Late events: https://learn.microsoft.com/en-us/azure/sentinel/ingestion-delay
  check(/IngestedAt|LastArrivalAt|ArrivalAt/.test(rule.query), 'query does not go by arrival');
  return faults;
}

/** "5m", "1h", "14d" */
export function minutesOf(span: string): number {
  const [, number = '', unit = ''] = /^(\d+)([mhd])$/.exec(span ?? '') ?? [];
  return Number(number) * ({ m: 1, h: 60, d: 1440 }[unit] ?? Number.NaN);
}

/** Columns that a rule or hunting query has to give. */
export function columnsNeeded(content: HuntingQuery & Partial<AnalyticRule>): string[] {
  const formats = Object.entries(content.alertDetailsOverride ?? {});
  return [
    'TimeGenerated',
    ...content.entityMappings.flatMap(({ fieldMappings }) =>
      fieldMappings.map(({ columnName }) => columnName),
    ),
    ...Object.values(content.customDetails ?? {}),
    ...formats.flatMap(([key, text]) =>
      key.endsWith('Format') ? [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name) : [text],
    ),
  ];
}
