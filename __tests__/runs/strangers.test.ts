/** Nothing that a stranger can write reaches where it could do harm. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { runStep } from '../../emulator/runner.ts';
import { proxySecrets } from '../../src/hosts/proxy-settings.ts';
import { errorCode } from '../../src/http/answer.ts';
import { directAddresses } from '../../src/http/no-proxy.ts';
import { plainHttpsUrl } from '../../src/inputs/reader.ts';
import { plain } from '../../src/report/markdown.ts';
import { closeAll, openFolder, openTenant, step, titles } from '../support/steps.ts';

afterAll(closeAll);

describe('an address', () => {
  it.each([
    'https://host.example.test',
    'https://host.example.test:8443',
    'https://host.example.test/a/b-c',
    'https://HOST.example.test/',
    'https://[::1]:8443/x',
    'https://10.0.0.1',
  ])('%s is taken', (text) => expect(plainHttpsUrl(text)).toBeDefined());

  it.each([
    'https:\\\\evil.example\\@api.example.test',
    'https://api.example.test\\@evil.example',
    'https://host.example.test?',
    'https://host.example.test#',
    'https://host.example.test/?a=b',
    '//evil.example',
    'https:/host.example.test',
    'https:host.example.test',
    'https://user@host.example.test',
    'https://user:secret@host.example.test',
    'https://',
    'https:///host',
    'https://host .example',
    'https://host\t.example',
    'http://host.example.test',
    'https://host.example.test:99999',
    'https://ho%73t.example.test',
    'https://höst.example.test',
    'https://1/x',
    'https://0x7f.1',
  ])('%s is refused', (text) => expect(plainHttpsUrl(text)).toBeUndefined());

  it.each([
    ['power-bi-url', 'https:\\\\evil.example\\@api.powerbi.com'],
    ['authority-host', 'https://login.example.test?'],
    ['dcr-endpoint', '//evil.example'],
    ['dcr-endpoint', 'host.example.test/path'],
  ])('as %s, %s is refused before anything is called', async (input, value) => {
    const emulator = await openTenant();
    const run = await step(emulator, { [input]: value });
    expect(titles(run.errors)).toEqual(['Inputs refused']);
    expect(run.errors[0]?.text).toMatch(new RegExp(`${input}: expected .*https://host`));
    expect(emulator.requests).toEqual([]);
  });
});

describe('text of a service', () => {
  it.each([
    ['PowerBINotAuthorizedException', true],
    ['invalid_client', true],
    ['AADSTS700016', true],
    ['www.evil.example', false],
    ['alice.smith', false],
    ['alice-smith', false],
    ['a b', false],
    ['x'.repeat(65), false],
  ])('as error code %s is shown: %s', (code, shown) => {
    const answer = {
      status: 400,
      header: () => undefined,
      body: Buffer.from(JSON.stringify({ error: { code } })),
    };
    expect(errorCode(answer)).toBe(shown ? code : undefined);
  });

  it('as the id of a workspace reaches neither log nor summary nor address', async () => {
    const odd = '@octocat <img src=x> [free](https://evil.example) alice@contoso.com';
    const emulator = await openTenant({
      workspaces: [
        { id: odd, displayName: 'odd' },
        { id: '00000000-0000-4000-8000-0000000000b1', displayName: 'Sales' },
      ],
    });
    const run = await step(emulator, { source: 'workspaces' });
    expect([run.code, titles(run.warnings)]).toEqual([
      0,
      ['Workspace records%2C not activity', 'Unreadable workspaces'],
    ]);
    expect(run.warnings[1]?.text).toContain('1 listed without a GUID');
    for (const text of [
      run.log,
      run.summary,
      JSON.stringify(run.outputs),
      JSON.stringify(emulator.requests),
    ]) {
      expect(text).not.toMatch(/octocat|evil|alice|<img/);
    }
  });

  it('in Markdown is shown and does nothing', () => {
    const text = '@octocat <img src=x> [free](https://evil.example) a|b `c` *d* _e_ ![f](g)\nnext &lt;';
    expect(plain(text)).toBe(
      '@\u200boctocat &lt;img src=x&gt; \\[free\\](https://evil.example) a\\|b \\`c\\` \\*d\\* \\_e\\_ !\\[f\\](g) next &amp;lt;',
    );
  });

  it('in the claims of an ID token is held to what claims are made of', async () => {
    const emulator = await openTenant();
    emulator.configure.oidcSubject = 'repo:octo/x:<img src=x> [a](b) `c` \u202e@someone';
    const run = await step(emulator, {});
    expect(titles(run.errors)).toEqual(['No federated credential matches']);
    expect(run.errors[0]?.text).toContain('repo:octo/x:?img src=x? ?a??b? ?c? ?@someone');
    // In a block of code nobody is mentioned, and the subject can be copied.
    const block = /^> ```text\n(?:> .*\n)*?> ```$/m;
    expect(run.summary).toMatch(block);
    expect(run.summary.replace(block, '')).not.toMatch(/@someone/);
    expect(run.summary).not.toMatch(/<img/);
  });
});

describe('NO_PROXY', () => {
  const direct = (list: string, url: string, more: Record<string, string> = {}) =>
    directAddresses({ NO_PROXY: list, ...more })(url);
  it.each([
    ['example.test', 'https://example.test', true],
    ['example.test', 'https://a.example.test', true],
    ['example.test', 'https://badexample.test', false],
    ['.example.test', 'https://a.example.test', true],
    ['.example.test', 'https://example.test', false],
    ['*.example.test', 'https://a.b.example.test', true],
    ['EXAMPLE.test', 'https://example.TEST', true],
    ['example.test.', 'https://example.test', true],
    ['example.test', 'https://example.test.', true],
    ['example.test:8443', 'https://example.test:8443', true],
    ['example.test:8443', 'https://example.test', false],
    ['example.test:443', 'https://example.test', true],
    ['::1', 'https://[::1]:8443', true],
    ['[::1]:8443', 'https://[::1]:8443', true],
    ['[::1]:8443', 'https://[::1]', false],
    ['fd00::/8', 'https://[fd12::1]', true],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['127.0.0.1', 'https://127.0.0.1:1', true],
    ['a.test, b.test', 'https://b.test', true],
    ['a.test b.test', 'https://b.test', true],
    ['*', 'https://anything.test', true],
    ['', 'https://example.test', false],
  ])('%s: %s goes past the proxy: %s', (list, url, is) => expect(direct(list, url)).toBe(is));

  it('that is empty does not hide no_proxy', () => {
    expect(direct('', 'https://example.test', { no_proxy: 'example.test' })).toBe(true);
    expect(direct(' ', 'https://example.test', { no_proxy: 'example.test' })).toBe(true);
  });
});

describe('the password of a proxy', () => {
  it('is a secret in every form', () => {
    const secrets = proxySecrets({ HTTPS_PROXY: 'http://user:p%40ss+w@proxy.example.test:3128' });
    for (const form of ['p%40ss+w', 'p@ss+w', 'p%40ss%2Bw']) expect(secrets).toContain(form);
    expect(proxySecrets({ HTTPS_PROXY: 'http://proxy.example.test' })).toEqual([]);
  });

  it('is masked before anything is printed', async () => {
    const emulator = await openTenant();
    const env = {
      ...emulator.env,
      HTTPS_PROXY: 'http://user:synthetic-proxy-word@127.0.0.1:1',
      NO_PROXY: '*',
      AZURE_LOG_LEVEL: 'verbose',
      DEBUG: '*',
    };
    const run = await runStep({ inputs: { ...emulator.inputs }, env });
    const [first = '', ...rest] = run.log.split('\n').filter((line) => line.includes('synthetic-proxy-word'));
    expect(first).toBe('::add-mask::synthetic-proxy-word');
    expect(rest.every((line) => line.startsWith('::add-mask::'))).toBe(true);
  });
});

describe('the runner', () => {
  it.each(['', 'not json', '[1', '"text"'])('whose event file holds %j is no defect', async (text) => {
    const emulator = await openTenant();
    const path = join(openFolder(), 'event.json');
    writeFileSync(path, text);
    const run = await runStep({
      inputs: { ...emulator.inputs },
      env: { ...emulator.env, GITHUB_EVENT_PATH: path },
    });
    expect([run.code, run.outputs.complete]).toEqual([0, 'true']);
  });

  it('whose address for ID tokens is plain http is told so', async () => {
    const emulator = await openTenant();
    const env = { ...emulator.env, ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:1/token?api-version=1' };
    const run = await runStep({ inputs: { ...emulator.inputs }, env });
    expect(run.log).toContain('::error title=GitHub ID token request failed::');
    expect(run.log).toContain('expected https://, got http://');
  });

  it('whose environment names a region sends nothing to a regional host', async () => {
    const emulator = await openTenant();
    const run = await runStep({
      inputs: { ...emulator.proxyInputs, 'client-secret': 'synthetic-client-secret' },
      env: { ...emulator.proxyEnv, MSAL_FORCE_REGION: 'westeurope' },
    });
    expect(run.code).toBe(0);
    expect(emulator.connects.filter((target) => /login/.test(target))).toEqual(
      emulator.connects.filter((target) => target === 'login.microsoftonline.com:443'),
    );
  });
});
