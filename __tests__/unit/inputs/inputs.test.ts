import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import { ActionError } from '../../../src/errors.ts';
import { monitorAudience } from '../../../src/inputs/clouds.ts';
import { readInputs } from '../../../src/inputs/inputs.ts';
import { DAY, HOUR } from '../../../src/time/clock.ts';
import { INPUTS } from '../../support/contract-names.ts';

const NOW = Date.parse('2026-11-20T12:34:56Z');
const TENANT = '00000000-0000-4000-8000-0000000000aa';
const CLIENT = '00000000-0000-4000-8000-0000000000a1';
const WORKSPACE = '00000000-0000-4000-8000-0000000000b1';
const RULE = `dcr-${'0123456789abcdef'.repeat(2)}`;
const SECRET = 'synthetic~secret~value';

type Given = Readonly<Record<string, string>>;

const REQUIRED: Given = {
  'tenant-id': TENANT,
  'client-id': CLIENT,
  'dcr-endpoint': 'https://logs.example.test',
  'dcr-immutable-id': RULE,
};
const VAULT: Given = {
  'key-vault-url': 'https://kv.vault.azure.net/',
  'key-vault-secret-name': 'app-secret',
};

let certificate = '';

beforeAll(async () => {
  const issued = await generate([{ name: 'commonName', value: 'app.example.test' }], {
    keySize: 2048,
    notBeforeDate: new Date(NOW - DAY),
    notAfterDate: new Date(NOW + 30 * DAY),
  });
  certificate = `${issued.private}\n${issued.cert}`;
});

function read(given: Given) {
  const values: Given = { ...REQUIRED, ...given };
  return readInputs((name) => values[name] ?? '', NOW);
}

function refusal(given: Given): ActionError {
  try {
    read(given);
  } catch (error) {
    if (error instanceof ActionError) return error;
    throw error;
  }
  throw new Error('the inputs were accepted');
}

describe('defaults', () => {
  it('are those of the contract', () => {
    expect(read({})).toMatchObject({
      tenantId: TENANT,
      clientId: CLIENT,
      signIn: { by: 'oidc' },
      cloud: 'public',
      source: 'auto',
      fallback: true,
      workspaceIds: new Set(),
      activity: undefined,
      userId: undefined,
      lookbackHours: 24,
      startTime: undefined,
      endTime: undefined,
      dcrEndpoint: 'https://logs.example.test',
      dcrImmutableId: RULE,
      streamName: 'Custom-FabricUserActivity_CL',
      stateFile: undefined,
      rejectedFile: undefined,
      deadlineMinutes: 330,
      concurrency: 4,
      dryRun: false,
      authorityHost: 'https://login.microsoftonline.com',
      powerBiUrl: 'https://api.powerbi.com',
      fabricUrl: 'https://api.fabric.microsoft.com',
    });
  });

  it.each(['', ' ', '\n', ' \t\r\n'])('hold for an input that is %j', (nothing) => {
    const names = [
      ...[
        'client-secret',
        'client-certificate',
        'managed-identity',
        'key-vault-url',
        'key-vault-secret-name',
      ],
      ...[
        'cloud',
        'source',
        'fallback',
        'workspace-ids',
        'activity',
        'user-id',
        'lookback-hours',
        'start-time',
      ],
      ...[
        'end-time',
        'stream-name',
        'state-file',
        'rejected-file',
        'deadline-minutes',
        'concurrency',
        'dry-run',
      ],
      ...['authority-host', 'power-bi-url', 'fabric-url'],
    ];
    expect(read(Object.fromEntries(names.map((name) => [name, nothing])))).toEqual(read({}));
  });
});

describe('values', () => {
  it.each([
    ['tenant-id', 'contoso.example.test', { tenantId: 'contoso.example.test' }],
    ['tenant-id', TENANT.toUpperCase(), { tenantId: TENANT.toUpperCase() }],
    ['tenant-id', ` ${TENANT}\n`, { tenantId: TENANT }],
    ['source', 'power-bi', { source: 'power-bi' }],
    ['source', 'fabric', { source: 'fabric' }],
    ['source', 'workspaces', { source: 'workspaces' }],
    ['source', 'auto', { source: 'auto' }],
    ['fallback', 'false', { fallback: false }],
    ['fallback', 'true', { fallback: true }],
    ['fallback', 'False', { fallback: false }],
    ['dry-run', 'true', { dryRun: true }],
    ['dry-run', 'TRUE', { dryRun: true }],
    ['activity', 'ViewReport', { activity: 'ViewReport' }],
    ['user-id', "o'neil@example.test", { userId: "o'neil@example.test" }],
    ['lookback-hours', '672', { lookbackHours: 672 }],
    ['lookback-hours', '0.5', { lookbackHours: 0.5 }],
    ['concurrency', '1', { concurrency: 1 }],
    ['concurrency', '16', { concurrency: 16 }],
    ['deadline-minutes', '5', { deadlineMinutes: 5 }],
    ['stream-name', 'Custom-Other_CL', { streamName: 'Custom-Other_CL' }],
    ['dcr-endpoint', 'https://logs.example.test', { dcrEndpoint: 'https://logs.example.test' }],
    ['dcr-endpoint', 'https://logs.example.test/', { dcrEndpoint: 'https://logs.example.test' }],
    ['dcr-endpoint', 'logs.example.test', { dcrEndpoint: 'https://logs.example.test' }],
    ['dcr-endpoint', 'HTTPS://Logs.Example.Test', { dcrEndpoint: 'https://logs.example.test' }],
    ['dcr-endpoint', 'https://logs.example.test:8443', { dcrEndpoint: 'https://logs.example.test:8443' }],
    ['dcr-endpoint', 'logs.example.test:8443', { dcrEndpoint: 'https://logs.example.test:8443' }],
    ['dcr-immutable-id', `dcr-${'AF'.repeat(16)}`, { dcrImmutableId: `dcr-${'AF'.repeat(16)}` }],
    ['authority-host', 'https://login.example.test/', { authorityHost: 'https://login.example.test' }],
    ['power-bi-url', 'https://pbi.example.test/gateway/', { powerBiUrl: 'https://pbi.example.test/gateway' }],
    ['fabric-url', 'https://fabric.example.test:444', { fabricUrl: 'https://fabric.example.test:444' }],
  ])('%s takes %j', (name, value, expected) => {
    expect(read({ [name]: value })).toMatchObject(expected);
  });

  it.each([
    ['commas', `${WORKSPACE},${TENANT}`],
    ['spaces', `${WORKSPACE}  ${TENANT}`],
    ['new lines', `${WORKSPACE}\n${TENANT}\n`],
    ['all of them', ` ,${WORKSPACE} , \r\n\t${TENANT},,`],
    ['repeats', `${WORKSPACE},${TENANT},${WORKSPACE.toUpperCase()}`],
  ])('workspace-ids are separated by %s', (_name, value) => {
    expect(read({ 'workspace-ids': value }).workspaceIds).toEqual(new Set([WORKSPACE, TENANT]));
  });

  it('workspace-ids are compared without regard to case', () => {
    expect(read({ 'workspace-ids': WORKSPACE.toUpperCase() }).workspaceIds).toEqual(new Set([WORKSPACE]));
  });

  it.each([
    ['2026-11-20T07:00:00Z', '2026-11-20T07:00:00Z'],
    ['2026-11-20T07:00:00', '2026-11-20T07:00:00Z'],
    ['2026-11-20 07:00', '2026-11-20T07:00:00Z'],
    ['2026-11-20', '2026-11-20T00:00:00Z'],
    ['2026-11-20T08:00:00+01:00', '2026-11-20T07:00:00Z'],
  ])('a time of %s is %s', (value, expected) => {
    const inputs = read({ 'start-time': value, 'end-time': '2026-11-20T12:00:00' });
    expect(inputs.startTime).toBe(Date.parse(expected));
    expect(inputs.endTime).toBe(Date.parse('2026-11-20T12:00:00Z'));
  });

  it('end-time may be now', () => {
    expect(read({ 'end-time': new Date(NOW).toISOString() }).endTime).toBe(NOW);
  });
});

const REFUSED: readonly (readonly [name: string, value: string, expected: string])[] = [
  ['tenant-id', '', 'a tenant GUID or a verified domain name'],
  ['tenant-id', 'contoso', 'a tenant GUID or a verified domain name'],
  ['tenant-id', 'https://contoso.example.test', 'a tenant GUID or a verified domain name'],
  ['tenant-id', '00000000-0000-4000-8000', 'a tenant GUID or a verified domain name'],
  ['tenant-id', '../common.example.test', 'a tenant GUID or a verified domain name'],
  ['client-id', '', 'a GUID'],
  ['client-id', 'my-app', 'a GUID'],
  ['client-id', `${CLIENT}0`, 'a GUID'],
  ['managed-identity', 'yes', '"true" or "false"'],
  ['fallback', '1', '"true" or "false"'],
  ['dry-run', 'on', '"true" or "false"'],
  ['cloud', 'azure', 'public, gcc, gcc-high, dod, china'],
  ['cloud', 'toString', 'public, gcc, gcc-high, dod, china'],
  ['source', 'powerbi', 'auto, power-bi, fabric, workspaces'],
  ['workspace-ids', 'Sales', 'GUIDs separated by commas, spaces or new lines'],
  ['workspace-ids', `${WORKSPACE};${TENANT}`, 'GUIDs separated by commas, spaces or new lines'],
  ['activity', 'View\nReport', 'without control characters'],
  ['user-id', 'ana\u0000@example.test', 'without control characters'],
  ['lookback-hours', '0', 'a positive number of hours'],
  ['lookback-hours', '-1', 'a positive number of hours'],
  ['lookback-hours', '24h', 'a positive number of hours'],
  ['lookback-hours', 'NaN', 'a positive number of hours'],
  ['lookback-hours', 'Infinity', 'a positive number of hours'],
  ['lookback-hours', '9'.repeat(400), 'a positive number of hours'],
  ['start-time', 'yesterday', 'an ISO 8601 instant'],
  ['start-time', '2026-02-30T00:00:00Z', 'an ISO 8601 instant'],
  ['end-time', '20.11.2026', 'an ISO 8601 instant'],
  ['end-time', '2026-11-20T12:34:57Z', 'an instant not after now'],
  ['start-time', '2026-11-20T12:34:56Z', 'an instant before now'],
  ['start-time', '2026-11-21T00:00:00', 'an instant before now'],
  ['dcr-endpoint', '', 'https://host or the bare host'],
  ['dcr-endpoint', 'http://logs.example.test', 'https://host or the bare host'],
  ['dcr-endpoint', 'HTTP://logs.example.test', 'https://host or the bare host'],
  ['dcr-endpoint', 'ftp://logs.example.test', 'https://host or the bare host'],
  ['dcr-endpoint', 'https://logs.example.test/dataCollectionRules', 'https://host or the bare host'],
  ['dcr-endpoint', 'https://logs.example.test?x=1', 'https://host or the bare host'],
  ['dcr-endpoint', 'https://ana@logs.example.test', 'https://host or the bare host'],
  ['dcr-endpoint', 'logs example', 'https://host or the bare host'],
  ['dcr-endpoint', 'https://', 'https://host or the bare host'],
  ['dcr-immutable-id', '', '"dcr-" and 32 hexadecimal digits'],
  ['dcr-immutable-id', '0123456789abcdef'.repeat(2), '"dcr-" and 32 hexadecimal digits'],
  ['dcr-immutable-id', `${RULE}0`, '"dcr-" and 32 hexadecimal digits'],
  ['dcr-immutable-id', `dcr-${'g'.repeat(32)}`, '"dcr-" and 32 hexadecimal digits'],
  ['dcr-immutable-id', '/subscriptions/x/dataCollectionRules/y', '"dcr-" and 32 hexadecimal digits'],
  ['stream-name', 'FabricUserActivity_CL', 'begins with "Custom-"'],
  ['stream-name', 'custom-FabricUserActivity_CL', 'begins with "Custom-"'],
  ['stream-name', 'Custom-A/B', 'begins with "Custom-"'],
  ['deadline-minutes', '0', 'a positive number of minutes'],
  ['deadline-minutes', 'soon', 'a positive number of minutes'],
  ['concurrency', '0', 'a whole number from 1 to 16'],
  ['concurrency', '17', 'a whole number from 1 to 16'],
  ['concurrency', '2.5', 'a whole number from 1 to 16'],
  ['concurrency', 'four', 'a whole number from 1 to 16'],
  ['authority-host', 'http://login.example.test', 'an https:// URL'],
  ['authority-host', 'login.example.test', 'an https:// URL'],
  ['power-bi-url', 'http://pbi.example.test', 'an https:// URL'],
  ['power-bi-url', 'https://pbi.example.test?x=1', 'an https:// URL'],
  ['fabric-url', 'http://fabric.example.test', 'an https:// URL'],
  ['fabric-url', 'https://ana@fabric.example.test', 'an https:// URL'],
  ['state-file', 'folder/', 'the path of a file'],
  ['rejected-file', 'folder/', 'the path of a file'],
  ['replay-file', 'folder/', 'the path of a file'],
  ['recheck', 'never', 'due, all'],
  ['workspace-id', 'log-fabric', 'the id of a Log Analytics workspace, a GUID'],
  ['table-name', 'Fabric-Activity', 'the name of a table'],
  ['proof-wait-seconds', '901', 'a whole number from 0 to 900'],
  ['resend-missing', 'once', '"true" or "false"'],
  ['log-analytics-url', 'http://logs.example.test', 'an https:// URL'],
  ['failure-issue', 'always', '"true" or "false"'],
];

/** Refused together with others or for what is in them: below, in privacy.test.ts, or with the failure issue. */
const TRIED_ELSEWHERE = [
  ...['client-secret', 'client-certificate', 'key-vault-url', 'key-vault-secret-name'],
  ...['pseudonym-key', 'omit-columns', 'github-token'],
];

describe('a refused value', () => {
  it('is tried of every input', () => {
    const tried = new Set([...REFUSED.map(([name]) => name), ...TRIED_ELSEWHERE]);
    expect([...tried].sort()).toEqual(INPUTS.map(({ name }) => name).sort());
  });

  it.each(REFUSED)('%s: %j is told with what was expected', (name, value, expected) => {
    const error = refusal({ [name]: value });
    expect(error.code).toBe('inputs');
    expect(error.detail.startsWith(`${name}: expected `)).toBe(true);
    expect(error.detail).toContain(expected);
    expect(error.detail).toContain(value === '' ? 'got nothing' : ', got ');
    expect(error.message.startsWith('Inputs refused: ')).toBe(true);
  });

  it.each([
    ['http://kv.vault.azure.net/'],
    ['https://kv.example.test/'],
    ['https://vault.azure.net/'],
    ['https://kv.vault.azure.net.example.test/'],
    ['https://evil-vault.azure.net/'],
    ['https://kv.vault.azure.net/secrets/x'],
    ['kv.vault.azure.net'],
  ])('key-vault-url: %s is told with what was expected', (url) => {
    const error = refusal({ ...VAULT, 'key-vault-url': url });
    expect(error.detail).toBe(
      `key-vault-url: expected https://NAME.vault.azure.net/ (or .vault.usgovcloudapi.net, .vault.azure.cn), got "${url}"`,
    );
  });

  it.each(['my secret', 'a/b', 'x'.repeat(128)])('key-vault-secret-name: %s is told', (name) => {
    expect(refusal({ ...VAULT, 'key-vault-secret-name': name }).detail).toMatch(
      /^key-vault-secret-name: expected /,
    );
  });

  it('start-time at or after end-time is told', () => {
    for (const start of ['2026-11-20T07:00:00Z', '2026-11-20T08:00:00Z']) {
      const { detail } = refusal({ 'start-time': start, 'end-time': '2026-11-20T07:00:00' });
      expect(detail).toBe(
        `start-time: expected an instant before "end-time", got ${new Date(start).toISOString()}`,
      );
    }
    const hour = read({ 'start-time': new Date(NOW - HOUR).toISOString() });
    expect(hour.startTime).toBe(NOW - HOUR);
  });

  it('is told on one line, since an annotation shows the first only', () => {
    const error = refusal({ activity: 'View\r\nReport', source: 'power\nbi', 'tenant-id': 'a\nb' });
    expect(error.message).not.toMatch(/[\r\n]/);
  });

  it('is told in full length only where it is short', () => {
    const { detail } = refusal({
      source: 'x'.repeat(5000),
      'workspace-ids': `${'y'.repeat(5000)} ${'z '.repeat(50)}`,
    });
    expect(detail.length).toBeLessThan(1000);
  });
});

describe('all faults at once', () => {
  it('are told, each with its input, in one error', () => {
    const { detail } = refusal({
      'tenant-id': '',
      'client-id': 'x',
      'client-secret': SECRET,
      'managed-identity': 'perhaps',
      'key-vault-url': 'http://kv.example.test',
      cloud: 'moon',
      source: 'tape',
      fallback: 'maybe',
      'workspace-ids': 'Sales',
      activity: 'a\u0007',
      'user-id': 'b\u0007',
      'lookback-hours': '-1',
      'start-time': 'then',
      'end-time': 'later',
      'dcr-endpoint': 'http://logs.example.test',
      'dcr-immutable-id': 'rule',
      'stream-name': 'Stream',
      'deadline-minutes': 'never',
      concurrency: '99',
      'dry-run': 'wet',
      'authority-host': 'http://login.example.test',
      'power-bi-url': 'ftp://pbi.example.test',
      'fabric-url': 'nowhere',
    });
    const names = detail.split('; ').map((fault) => fault.split(':')[0]);
    expect(names.sort()).toEqual(
      [
        ...['tenant-id', 'client-id', 'client-secret and key-vault-url', 'managed-identity', 'key-vault-url'],
        ...['key-vault-secret-name', 'cloud', 'source', 'fallback', 'workspace-ids', 'activity', 'user-id'],
        ...['lookback-hours', 'start-time', 'end-time', 'dcr-endpoint', 'dcr-immutable-id', 'stream-name'],
        ...['deadline-minutes', 'concurrency', 'dry-run', 'authority-host', 'power-bi-url', 'fabric-url'],
      ].sort(),
    );
    expect(detail).not.toContain(SECRET);
  });

  it('name all that is required where nothing at all is given', () => {
    const get = () => readInputs(() => '', NOW);
    expect(get).toThrow(/tenant-id: .*client-id: .*dcr-endpoint: .*dcr-immutable-id: /);
  });
});

describe('sign-in', () => {
  it.each([
    ['nothing else: GitHub OIDC', {}, { by: 'oidc' }],
    ['client-secret', { 'client-secret': SECRET }, { by: 'secret', secret: SECRET }],
    [
      'managed-identity, user-assigned',
      { 'managed-identity': 'true' },
      { by: 'managed-identity', clientId: CLIENT },
    ],
    [
      'managed-identity, system-assigned',
      { 'managed-identity': 'true', 'client-id': '' },
      { by: 'managed-identity', clientId: undefined },
    ],
    ['managed-identity: false', { 'managed-identity': 'false' }, { by: 'oidc' }],
    [
      'a vault, opened by GitHub OIDC',
      VAULT,
      {
        by: 'vault',
        url: 'https://kv.vault.azure.net',
        scope: 'https://vault.azure.net/.default',
        secretName: 'app-secret',
        openedBy: { by: 'oidc' },
      },
    ],
    [
      'a vault, opened by the system-assigned identity',
      { ...VAULT, 'managed-identity': 'true' },
      { by: 'vault', openedBy: { by: 'managed-identity', clientId: undefined } },
    ],
  ])('by %s', (_name, given: Given, expected) => {
    expect(read(given).signIn).toMatchObject(expected);
  });

  it('by a certificate, and a vault opened by one', () => {
    const alone = read({ 'client-certificate': certificate }).signIn;
    expect(alone).toMatchObject({ by: 'certificate' });
    const vault = read({ ...VAULT, 'client-certificate': certificate }).signIn;
    expect(vault).toMatchObject({ by: 'vault', openedBy: alone });
  });

  it.each([
    ['https://kv.vault.azure.net', 'https://vault.azure.net/.default'],
    ['https://KV.Vault.Azure.Net/', 'https://vault.azure.net/.default'],
    ['https://kv.vault.usgovcloudapi.net/', 'https://vault.usgovcloudapi.net/.default'],
    ['https://kv.vault.azure.cn/', 'https://vault.azure.cn/.default'],
  ])('to the vault %s is with the scope %s', (url, scope) => {
    expect(read({ ...VAULT, 'key-vault-url': url }).signIn).toMatchObject({ by: 'vault', scope });
  });

  it.each([
    [
      'secret and certificate',
      ['client-secret', 'client-certificate'],
      'client-secret and client-certificate',
    ],
    [
      'secret and managed identity',
      ['client-secret', 'managed-identity'],
      'client-secret and managed-identity',
    ],
    [
      'certificate and managed identity',
      ['client-certificate', 'managed-identity'],
      'client-certificate and managed-identity',
    ],
    [
      'certificate and managed identity, with a vault',
      ['client-certificate', 'managed-identity', 'vault'],
      'client-certificate and managed-identity',
    ],
    ['secret and vault', ['client-secret', 'vault'], 'client-secret and key-vault-url'],
  ])('by %s is refused', (_name, ways, named) => {
    const values: Given = {
      'client-secret': SECRET,
      'client-certificate': certificate,
      'managed-identity': 'true',
    };
    const given = ways.flatMap((way) =>
      way === 'vault' ? Object.entries(VAULT) : [[way, values[way] ?? '']],
    );
    const { detail, message } = refusal(Object.fromEntries(given));
    expect(detail).toContain(named);
    expect(message).not.toContain(SECRET);
  });

  it.each([
    [
      'key-vault-url without key-vault-secret-name',
      { 'key-vault-secret-name': '' },
      'key-vault-secret-name: expected',
    ],
    [
      'key-vault-secret-name without key-vault-url',
      { 'key-vault-url': '' },
      'key-vault-secret-name: expected',
    ],
    ['a vault without client-id', { 'client-id': '' }, 'client-id: expected'],
    [
      'a vault, managed identity and no client-id',
      { 'client-id': '', 'managed-identity': 'true' },
      'client-id: expected',
    ],
  ])('with %s is refused', (_name, given, expected) => {
    const { detail } = refusal({ ...VAULT, ...given });
    expect(detail.startsWith(expected)).toBe(true);
    expect(detail).not.toContain('; ');
  });

  it('needs client-id for everything but managed identity', () => {
    for (const given of [{}, { 'client-secret': SECRET }, { 'client-certificate': certificate }]) {
      expect(refusal({ ...given, 'client-id': '' }).detail).toBe(
        'client-id: expected an application (client) id, a GUID, got nothing',
      );
    }
  });
});

describe('secrets', () => {
  it('never stand in a message', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const bad: Given[] = [
      {
        'client-secret': SECRET,
        'client-certificate': pem,
        'managed-identity': 'true',
        ...VAULT,
        source: 'x',
      },
      { 'client-certificate': pem },
      { 'client-certificate': SECRET },
      { 'client-certificate': certificate.replace('CERTIFICATE', 'SOMETHING') },
      { 'client-certificate': `${pem}${certificate.slice(certificate.indexOf('-----BEGIN CERTIFICATE'))}` },
    ];
    for (const given of bad) {
      const { message } = refusal(given);
      expect(message).not.toContain(SECRET);
      for (const line of `${pem}\n${certificate}`.split(/\r?\n/).filter((text) => text.length > 8)) {
        expect(message).not.toContain(line);
      }
    }
  });

  it('of a certificate that cannot serve are told by what is wrong with it', () => {
    expect(refusal({ 'client-certificate': SECRET }).detail).toBe(
      'client-certificate: expected a PEM with private key and valid certificate, got a value without PEM blocks',
    );
  });
});

describe('clouds', () => {
  it.each([
    [
      'public',
      'https://login.microsoftonline.com',
      'https://api.powerbi.com',
      'https://api.fabric.microsoft.com',
    ],
    ['gcc', 'https://login.microsoftonline.com', 'https://api.powerbigov.us', undefined],
    ['gcc-high', 'https://login.microsoftonline.us', 'https://api.high.powerbigov.us', undefined],
    ['dod', 'https://login.microsoftonline.us', 'https://api.mil.powerbigov.us', undefined],
    ['china', 'https://login.partner.microsoftonline.cn', 'https://api.powerbi.cn', undefined],
  ])('%s sets authority and hosts', (cloud, authorityHost, powerBiUrl, fabricUrl) => {
    expect(read({ cloud })).toMatchObject({ cloud, authorityHost, powerBiUrl, fabricUrl, source: 'auto' });
  });

  const outside = ['gcc', 'gcc-high', 'dod', 'china'];

  it.each(outside.flatMap((cloud) => ['fabric', 'workspaces'].map((source) => ({ cloud, source }))))(
    '$cloud has no documented Fabric host for source $source, unless one is given',
    ({ cloud, source }) => {
      const { detail } = refusal({ cloud, source });
      expect(detail).toMatch(/^source: expected "fabric-url" with it/);
      expect(detail).toContain(`"${cloud}"`);
      const inputs = read({ cloud, source, 'fabric-url': 'https://fabric.example.test' });
      expect(inputs.fabricUrl).toBe('https://fabric.example.test');
    },
  );

  it('may have hosts of one’s own', () => {
    const given = {
      'authority-host': 'https://login.example.test',
      'power-bi-url': 'https://pbi.example.test',
      'fabric-url': 'https://fabric.example.test',
    };
    expect(read({ cloud: 'dod', ...given })).toMatchObject({
      authorityHost: 'https://login.example.test',
      powerBiUrl: 'https://pbi.example.test',
      fabricUrl: 'https://fabric.example.test',
    });
  });

  it.each([
    ['https://x.eastus-1.ingest.monitor.azure.com', 'https://monitor.azure.com'],
    ['https://x.usgovvirginia-1.ingest.monitor.azure.us', 'https://monitor.azure.us'],
    ['https://x.chinanorth3-1.ingest.monitor.azure.cn', 'https://monitor.azure.cn'],
    ['https://logs.example.test', 'https://monitor.azure.com'],
    ['https://azure.us.example.test', 'https://monitor.azure.com'],
  ])('an ingestion endpoint %s wants a token for %s', (endpoint, audience) => {
    expect(monitorAudience(read({ 'dcr-endpoint': endpoint }).dcrEndpoint)).toBe(audience);
  });
});
