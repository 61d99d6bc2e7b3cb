import { request as httpRequest } from 'node:http';
import { connect as tlsConnect } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import type { Emulator } from '../../emulator/server.ts';
import { closeEmulatorsAtEnd, emulator } from '../support/raw-requests.ts';

closeEmulatorsAtEnd();

describe('the proxy', () => {
  function tunnel(target: Emulator, authority: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(target.proxyUrl, { method: 'CONNECT', path: authority, agent: false });
      sent.on('error', reject);
      sent.on('connect', (response, socket) => {
        if (response.statusCode !== 200) {
          socket.destroy();
          resolve(`proxy ${response.statusCode}`);
          return;
        }
        const servername = authority.replace(/:.*/, '');
        const secure = tlsConnect({ socket, servername, ca: target.ca }, () => {
          secure.write(`GET /v1/workspaces HTTP/1.1\r\nHost: ${servername}\r\nConnection: close\r\n\r\n`);
        });
        let text = '';
        secure.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        secure.on('error', reject);
        secure.on('close', () => resolve(text));
      });
      sent.end();
    });
  }

  it('leads real names to the emulator, and nothing else anywhere', async () => {
    const target = await emulator();
    const names = [
      'api.fabric.microsoft.com',
      'a.westeurope-1.ingest.monitor.azure.com',
      'login.partner.microsoftonline.cn',
    ];
    for (const name of [...names, 'wabi-test-redirect.analysis.windows.net']) {
      expect(await tunnel(target, `${name}:443`)).toMatch(/^HTTP\/1\.1 40[14] /);
    }
    expect(await tunnel(target, 'example.test:443')).toBe('proxy 403');
    expect(target.connects).toHaveLength(5);
    expect(target.requests.map(({ service }) => service)).toEqual([
      'fabric',
      'ingestion',
      'entra',
      'foreign',
    ]);
  });
});
