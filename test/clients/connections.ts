/** What the kernel says of connections; nobody in the process is asked. Linux only. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';

const ESTABLISHED = '01';
const CLOSE_WAIT = '08';

/** Connections that the listener on `port` has accepted and not closed. */
export function countAccepted(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return ['/proc/net/tcp', '/proc/net/tcp6']
    .filter((path) => existsSync(path))
    .flatMap((path) => readFileSync(path, 'utf8').trim().split('\n').slice(1))
    .filter((line) => {
      const [, local = '', , state = ''] = line.trim().split(/\s+/);
      return local.endsWith(`:${hex}`) && (state === ESTABLISHED || state === CLOSE_WAIT);
    }).length;
}

export function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** On loopback, where nobody listens. */
export async function unusedUrl(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}/`;
}
