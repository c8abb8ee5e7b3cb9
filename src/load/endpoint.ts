/** A URL of the target as what a raw socket needs. */
import { BenchError } from '../core/errors.ts';

export type SocketAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface Endpoint {
  readonly address: SocketAddress;
  /** The `Host` header. */
  readonly host: string;
  /** Path and query as they stand in the request line. */
  readonly target: string;
}

/**
 * Reads `http://…` or `ws://…`. With `unixSocketPath` the same path is asked for over that socket.
 * Throws `BPB_ERR_USAGE` for any other protocol: the load worker speaks plain sockets only.
 */
export function parseEndpoint(url: string, unixSocketPath: string | null = null): Endpoint {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'ws:')) {
    throw new BenchError('BPB_ERR_USAGE', `the load worker expects an http:// or ws:// URL, got '${url}'`, {
      hints: ['for a service behind TLS, point bpbench at its plain port or at a local TLS tunnel'],
    });
  }
  const target = `${parsed.pathname}${parsed.search}`;
  if (unixSocketPath !== null) return { address: { path: unixSocketPath }, host: 'localhost', target };
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  return { address: { host, port: Number(parsed.port || 80) }, host: parsed.host, target };
}

/** The request target with `client=<clientId>` added to its query. */
export function addClientId(target: string, clientId: string): string {
  return `${target}${target.includes('?') ? '&' : '?'}client=${encodeURIComponent(clientId)}`;
}
