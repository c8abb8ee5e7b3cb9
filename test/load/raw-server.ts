/** A server that answers only when the test says so: connections and their requests, in order. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { type Endpoint, parseEndpoint } from '../../src/load/endpoint.ts';
import { until } from './support.ts';

export class RawServer implements AsyncDisposable {
  readonly sockets: net.Socket[] = [];
  /** Text that came, by connection. */
  readonly inbound: string[] = [];
  readonly #server = net.createServer((socket) => {
    const index = this.sockets.push(socket) - 1;
    this.inbound[index] = '';
    socket
      .on('error', () => {})
      .on('data', (data) => {
        this.inbound[index] += data.toString('latin1');
      });
  });
  endpoint!: Endpoint;

  static async start(): Promise<RawServer> {
    const server = new RawServer();
    await once(server.#server.listen(0, '127.0.0.1'), 'listening');
    server.endpoint = parseEndpoint(
      `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}/x?y=1`,
    );
    return server;
  }

  /** Requests that came on one connection. */
  requests(index: number): number {
    return (this.inbound[index] ?? '').split(' HTTP/1.1\r\n').length - 1;
  }

  async waitForRequests(...counts: number[]): Promise<void> {
    await until(() => counts.every((count, index) => this.requests(index) === count));
  }

  answer(index: number, status = 200, headers = ''): void {
    this.sockets[index]?.write(`HTTP/1.1 ${status} X\r\n${headers}Content-Length: 2\r\n\r\nok`);
  }

  /** Nobody listens from now on. */
  stopListening(): void {
    this.#server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}
