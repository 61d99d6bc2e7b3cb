import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/** The TCP connections of a server, so that one can be reset under TLS and all be ended at close. */
export class Sockets {
  #open = new Map<string, Socket>();

  watch(server: Pick<Server, 'on'>): void {
    server.on('connection', (socket: Socket) => {
      const key = keyOf(socket);
      this.#open.set(key, socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#open.delete(key));
    });
  }

  /** Breaks the connection of a request: RST, not FIN. */
  reset(request: IncomingMessage): void {
    const socket = this.#open.get(keyOf(request.socket));
    if (socket === undefined) request.socket.destroy();
    else socket.resetAndDestroy();
  }

  get size(): number {
    return this.#open.size;
  }

  destroyAll(): void {
    for (const socket of this.#open.values()) socket.destroy();
  }
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`;
}
