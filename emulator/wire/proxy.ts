import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { isLocal, serviceOf } from './hosts.ts';

/**
 * A CONNECT proxy that leads every host name of the services to the emulator, whatever their real addresses
 * are. Anything else is refused: a test must not reach the network.
 */
export function makeProxy(targetPort: () => number, connects: string[]): Server {
  const server = createServer((_, response) => {
    response.writeHead(405).end();
  });
  server.on('connect', (request, client: Socket, head) => {
    const target = request.url ?? '';
    connects.push(target);
    client.on('error', () => client.destroy());
    const host = target.replace(/:\d+$/, '').toLowerCase();
    const served =
      isLocal(host) || serviceOf(host, '') !== 'foreign' || host.endsWith('.analysis.windows.net');
    if (!served) {
      client.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const upstream = connect(targetPort(), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
    });
    // A reset of the emulator has to arrive as a reset, not as an orderly end.
    upstream.on('error', () => (client.writableEnded ? client.destroy() : client.resetAndDestroy()));
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  });
  return server;
}
