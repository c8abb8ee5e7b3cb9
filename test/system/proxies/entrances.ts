/** The ways to an upstream server, as a raw client takes them. */

import type { SystemAddresses } from '../../../src/system/control.ts';
import { RawClient } from '../../helpers/raw-http.ts';
import { until } from '../../helpers/system.ts';

/** `direct` goes past the system, `connect` through an opaque tunnel. */
export type PathName = 'direct' | 'reverse' | 'forward' | 'connect' | 'intercepted';

/** Those on which a proxy reads the messages. */
export const PATHS: readonly PathName[] = ['reverse', 'forward', 'intercepted'];

export const ALL_PATHS: readonly PathName[] = ['direct', 'reverse', 'forward', 'connect', 'intercepted'];

export interface Entrance {
  readonly name: PathName;
  /** Which proxy books the connection. */
  readonly proxy: 'reverse' | 'forward';
  /** The name that the upstream server goes by, with its port. */
  readonly host: string;
  /** A connection on which requests can be sent. */
  open(localAddress?: string): Promise<RawClient>;
  /** The request target for `path`: absolute for the forward proxy. */
  target(path: string): string;
  /** The head of a request, up to and without the empty line. */
  head(method: string, path: string, ...fields: string[]): string;
}

export function createEntrance(name: PathName, addresses: SystemAddresses, upstreamPort: number): Entrance {
  const host = `localhost:${upstreamPort}`;
  const target = (path: string) => (name === 'forward' ? `http://${host}${path}` : path);
  return {
    name,
    proxy: name === 'reverse' ? 'reverse' : 'forward',
    host,
    target,
    head: (method, path, ...fields) =>
      [`${method} ${target(path)} HTTP/1.1`, `Host: ${host}`, ...fields]
        .map((line) => `${line}\r\n`)
        .join(''),
    async open(localAddress) {
      const client = await RawClient.connect(firstHop(name, addresses, upstreamPort), localAddress);
      if (name === 'connect' || name === 'intercepted') await openTunnel(client, host);
      if (name === 'connect') client.forget();
      if (name === 'intercepted')
        await client.startTls({ ca: addresses.caCertificate ?? '', servername: 'localhost' });
      return client;
    },
  };
}

function firstHop(name: PathName, addresses: SystemAddresses, upstreamPort: number): string {
  if (name === 'direct') return `http://127.0.0.1:${upstreamPort}`;
  return name === 'reverse' ? addresses.reverseUrl : addresses.proxyUrl;
}

/** CONNECT, and nothing but 200 will do. */
export async function openTunnel(client: RawClient, authority: string, early = ''): Promise<void> {
  client.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n${early}`);
  await until(
    () => client.isOver || client.received.includes('\r\n\r\n'),
    `an answer to CONNECT ${authority}`,
  );
  const answer = client.received.toString('latin1');
  if (!/^HTTP\/1\.1 200 [^\r\n]*\r\n\r\n/.test(answer))
    throw new Error(`CONNECT ${authority}: ${JSON.stringify(answer.slice(0, 300))}`);
}
