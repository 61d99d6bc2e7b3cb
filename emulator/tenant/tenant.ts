/** The people and things of the synthetic tenant that events are about. */
import { mix, Random } from './random.ts';

/** The synthetic tenant, also the default `tenant-id`. */
export const TENANT_ID = '00000000-0000-4000-8000-0000000000aa';

export interface User {
  upn: string;
  name: string;
  key: string;
  objectId: string;
  /** 0 regular, 2 administrator, 6 service principal; see the Office 365 management schema. */
  type: number;
  addresses: string[];
  agent: string;
}

export interface Workspace {
  id: string;
  name: string;
  capacityId: string;
  capacityName: string;
}

export interface Report {
  id: string;
  name: string;
  type: string;
  workspace: Workspace;
  datasetId: string;
  datasetName: string;
  appReportId: string;
  appName: string;
  viewedIn: string;
}

export interface Tenant {
  users: User[];
  workspaces: Workspace[];
  reports: Report[];
}

const GIVEN = [
  'ana',
  'ben',
  'carla',
  'dmitri',
  'eli',
  'fatima',
  'goro',
  'hana',
  'ines',
  'jürgen',
  'kenji',
  'lea',
];
const FAMILY = [
  'Adler',
  'Brandão',
  'Çelik',
  'Dvořák',
  'Müller',
  'Nakamura',
  'Okafor',
  'Åberg',
  '田中',
  'Weiß',
];
const TOPICS = [
  'Umsatz Übersicht',
  'Margin',
  '売上レポート',
  'Absatzplanung Süd',
  'Churn 📉',
  'Inventory',
  '品質管理',
  'Finance close',
  'Größenvergleich',
  'Workforce',
  'Support tickets',
  'Energy ⚡ usage',
];
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15',
  'SyntheticAgent/1.0 (mobile; en-GB)',
];
const USERS = 300;
const WORKSPACES = 60;
const REPORTS = 400;

const tenants = new Map<number, Tenant>();

/** The tenant of a seed; made once, since every hour of events refers to the same one. */
export function tenantOf(seed: number): Tenant {
  let tenant = tenants.get(seed);
  if (tenant === undefined) {
    tenant = makeTenant(new Random(mix(seed, 0x7e4a)));
    tenants.set(seed, tenant);
  }
  return tenant;
}

function makeTenant(random: Random): Tenant {
  const users = Array.from({ length: USERS }, (_, index) => makeUser(random, index));
  const capacities = ['F2 test', 'F64 Produktion', 'P1 本番', 'Trial'].map((name) => ({
    id: random.guid(),
    name,
  }));
  const workspaces = Array.from({ length: WORKSPACES }, (_, index) => {
    const capacity = random.pick(capacities);
    const name = `${random.pick(TOPICS)} ${index + 1}`;
    return { id: random.guid(), name, capacityId: capacity.id, capacityName: capacity.name };
  });
  const reports = Array.from({ length: REPORTS }, (_, index) => makeReport(random, workspaces, index));
  return { users, workspaces, reports };
}

function makeUser(random: Random, index: number): User {
  const given = random.pick(GIVEN);
  const last = 1 + random.below(250);
  return {
    upn: `${given}.${index}@example.test`,
    name: `${given} ${random.pick(FAMILY)}`,
    key: `100SYNTH${String(index).padStart(8, '0')}`,
    objectId: random.guid(),
    type: index % 40 === 0 ? 2 : index % 25 === 0 ? 6 : 0,
    addresses: [`203.0.113.${last}`, `2001:db8::${last.toString(16)}`],
    agent: random.pick(AGENTS),
  };
}

function makeReport(random: Random, workspaces: Workspace[], index: number): Report {
  const topic = random.pick(TOPICS);
  return {
    id: random.guid(),
    name: `${topic} ${1 + (index % 37)}`,
    type: random.oneIn(8) ? 'PaginatedReport' : 'PowerBIReport',
    workspace: random.popular(workspaces),
    datasetId: random.guid(),
    datasetName: `${topic} model`,
    appReportId: random.guid(),
    appName: `${topic} app`,
    viewedIn: random.pick(['Apps', 'Workspace', 'Shared']),
  };
}
