/** Faults of the network are told for what they are, and what a service asks back for reaches the sign-in library. */
import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createEmptyPipeline } from '@azure/core-rest-pipeline';
import { afterAll, describe, expect, it } from '@jest/globals';
import { generate } from 'selfsigned';
import { Network } from '../../../src/auth/network.ts';
import { silencePolicy } from '../../../src/http/silence.ts';
import { createPipeline, send } from '../../../src/http/transport.ts';
import { systemClock } from '../../../src/time/clock.ts';

const DAY = 86_400_000;
const trusted = getCACertificates('default');
const servers: Server[] = [];

afterAll(() => {
  setDefaultCACertificates(trusted);
  for (const server of servers) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('a certificate', () => {
  it.each([
    ['that has expired', 'localhost', -2, -1, /^CERT_HAS_EXPIRED: .*check that clock/],
    ['that is not valid yet', 'localhost', 1, 2, /^CERT_NOT_YET_VALID: .*check that clock/],
    [
      'for another host',
      'other.example.test',
      -1,
      1,
      /^ERR_TLS_CERT_ALTNAME_INVALID: the certificate is for another host/,
    ],
    ['of a private authority', 'localhost', -1, 1, /set NODE_EXTRA_CA_CERTS$/],
  ])('%s gets advice of its own', async (what, name, from, to, advice) => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: new Date(Date.now() + from * DAY),
      notAfterDate: new Date(Date.now() + to * DAY),
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'subjectAltName', altNames: [{ type: 2, value: name }] },
      ],
    });
    setDefaultCACertificates(what === 'of a private authority' ? trusted : [cert]);
    const port = await listening(createHttpsServer({ key, cert }, (_, response) => response.end('{}')));
    const outcome = await send(createPipeline('test'), {
      method: 'GET',
      url: `https://localhost:${port}/`,
      silenceMs: 5000,
      answer: 'token',
      signal: new AbortController().signal,
    });
    expect(outcome).toMatchObject({ kind: 'failed', why: expect.stringMatching(advice) });
  });
});

it.each(['', '{"error":"unauthorized"}'])(
  'the challenge of Azure Arc reaches the library, with body %j',
  async (body) => {
    const challenge = 'Basic realm=/var/opt/azcmagent/tokens/synthetic.key';
    const port = await listening(
      createServer((_, response) => response.writeHead(401, { 'www-authenticate': challenge }).end(body)),
    );
    const pipeline = createEmptyPipeline();
    pipeline.addPolicy(silencePolicy);
    const deadline = {
      clock: systemClock,
      at: Number.POSITIVE_INFINITY,
      signal: new AbortController().signal,
    };
    const network = new Network(pipeline, deadline, { silenceMs: 5000, allowHttp: true });
    const answer = await network.sendGetRequestAsync(
      `http://127.0.0.1:${port}/metadata/identity/oauth2/token`,
    );
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': challenge } });
  },
);
