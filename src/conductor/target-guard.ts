/** Where load may go: loopback, and hosts that the command line names. Checked on addresses, not on names. */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import type { PathName } from '../core/boundary.ts';
import { BenchError } from '../core/errors.ts';
import type { ExternalTarget } from './endpoints.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const SCHEMES: Record<string, PathName | 'publish'> = {
  'http:': 'proxy',
  'sse+http:': 'sse',
  'ws:': 'ws',
  'publish+http:': 'publish',
};

/** Which path of a scenario each URL serves. Errors: BPB_ERR_USAGE, BPB_ERR_TARGET_NOT_ALLOWED. */
export async function resolveTargets(
  urls: readonly string[],
  allowedHosts: readonly string[],
): Promise<ExternalTarget> {
  const byPath: Partial<Record<PathName | 'publish', string>> = {};
  for (const text of urls) {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const path = url && SCHEMES[url.protocol];
    if (url === undefined || path === undefined) {
      throw new BenchError(
        'BPB_ERR_USAGE',
        `--target expects a URL with one of ${Object.keys(SCHEMES).join('//, ')}//, got '${text}'`,
        {
          hints: [
            'http://127.0.0.1:3000/ (requests)',
            'sse+http://127.0.0.1:3000/events',
            'ws://127.0.0.1:3000/ws',
            'publish+http://127.0.0.1:3000/publish (takes one event per POST, and sends its body on)',
          ],
        },
      );
    }
    if (byPath[path] !== undefined) {
      throw new BenchError('BPB_ERR_USAGE', `--target: two URLs for the ${path} path, expected at most one`);
    }
    await checkHost(url, allowedHosts, 'load goes to loopback only');
    byPath[path] = url.href.replace(/^(?:sse|publish)\+/, '');
  }
  const { publish = null, ...paths } = byPath;
  if (publish !== null && paths.sse === undefined && paths.ws === undefined) {
    throw new BenchError('BPB_ERR_USAGE', '--target: events would be published and nobody would read them', {
      hints: ['name a feed too: sse+http://… or ws://…'],
    });
  }
  return { urls: paths, publishUrl: publish };
}

/**
 * Whether `url` points at this machine or at a host that is allowed by its very name. `rule` says why that must be.
 *
 * Errors: BPB_ERR_TARGET_NOT_ALLOWED.
 */
export async function checkHost(url: URL, allowedHosts: readonly string[], rule: string): Promise<void> {
  // An unknown scheme keeps the host as it is written; brackets of IPv6 are not part of the address.
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (allowedHosts.some((allowed) => allowed.toLowerCase() === host)) return;
  const addresses = isIP(host) ? [host] : await addressesOf(host);
  const outside = addresses.find((address) => !isLoopback(address));
  if (outside === undefined) return;
  throw new BenchError(
    'BPB_ERR_TARGET_NOT_ALLOWED',
    `${host} is not on this machine${outside === host ? '' : ` (it resolves to ${outside})`}: ${rule}`,
    { hints: [`if you may reach it: --allow-host ${host}`] },
  );
}

export function isLoopback(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  const plain = mapped ? (mapped[1] as string) : address;
  const family = isIP(plain);
  return family !== 0 && LOOPBACK.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}

async function addressesOf(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map((entry) => entry.address);
  } catch (cause) {
    throw new BenchError(
      'BPB_ERR_TARGET_NOT_ALLOWED',
      `${host} cannot be resolved, so it is not known to be this machine`,
      { cause },
    );
  }
}
