/** Where a proxy may connect to: loopback, and the hosts that were allowed by name. What is dialled is what was checked. */
import { lookup as dnsLookup } from 'node:dns/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { findHostProblem, isNeverAllowed, LOOPBACK } from './host-check.ts';
import type { EndedBy, EndPhase } from './termination.ts';
import type { Destination } from './upstream.ts';

/** Answers with every address of a name, or rejects. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export interface DestinationGuardOptions {
  /** Names and addresses beside loopback; each stands for itself alone. */
  readonly allowHosts: readonly string[];
  /** Ports of this process itself, which nobody may reach through the proxy; asked for at every request. */
  readonly ownPorts: () => ReadonlySet<number>;
  /** Hosts whose certificates are not verified. */
  readonly insecureHosts: readonly string[];
  /** The resolver of the host by default. */
  readonly lookup?: Lookup;
  /** A name that is not resolved after this time is not reached; 5,000 by default. */
  readonly lookupTimeoutMs?: number;
}

/** Why a request may not, or cannot, go where it wants to. */
export interface Denial {
  readonly status: 400 | 403 | 502 | 504;
  readonly reason: string;
  /** For the connection's termination. */
  readonly code: readonly [EndedBy, EndPhase];
}

const LOOKUP_TIMEOUT_MS = 5000;
/** What browsers, tools and test servers use; below 1024 there is mail, ssh and the like. */
const LOW_PORTS: ReadonlySet<number> = new Set([80, 443]);

export class DestinationGuard {
  readonly #allowed: ReadonlySet<string>;
  readonly #insecure: ReadonlySet<string>;
  readonly #ownPorts: () => ReadonlySet<number>;
  readonly #lookup: Lookup;
  readonly #lookupTimeoutMs: number;

  constructor(options: DestinationGuardOptions) {
    this.#allowed = new Set(options.allowHosts.map(plainHost));
    this.#insecure = new Set(options.insecureHosts.map(plainHost));
    this.#ownPorts = options.ownPorts;
    this.#lookup = options.lookup ?? lookupAll;
    this.#lookupTimeoutMs = options.lookupTimeoutMs ?? LOOKUP_TIMEOUT_MS;
  }

  /**
   * The addresses to dial for `host` (a name, or an address without brackets), or why there are none. Every
   * address that a name has is checked, and one that is denied denies them all. Never rejects.
   */
  async resolve(host: string, port: number, isTls: boolean): Promise<Destination | Denial> {
    const name = host.toLowerCase();
    const problem = findHostProblem(name);
    if (problem !== undefined) return deny(problem);
    if (port < 1024 && !LOW_PORTS.has(port))
      return deny(`port ${port} is not for proxies: use 80, 443 or 1024 and up`);
    const isLiteral = isIPv4(name) || isIPv6(name);
    let addresses: readonly string[] = [name];
    if (!isLiteral) {
      const found = await this.#resolveName(name);
      if ('status' in found) return found;
      addresses = found;
    }
    const isAllowed = this.#allowed.has(name);
    for (const address of addresses) {
      const reason = this.#findReason(address, port, isAllowed);
      if (reason !== undefined) {
        return deny(
          isLiteral ? `${address} ${reason}` : `${name} has the address ${address}, which ${reason}`,
        );
      }
    }
    return { host: name, addresses, port, isTls, isVerified: !this.#insecure.has(name) };
  }

  #findReason(address: string, port: number, isAllowed: boolean): string | undefined {
    if (isNeverAllowed(address)) return 'is never connected to';
    if (LOOPBACK.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')) {
      return this.#ownPorts().has(port) ? `with port ${port} is this system itself` : undefined;
    }
    return isAllowed || this.#allowed.has(address) ? undefined : 'is not loopback, and was not allowed';
  }

  async #resolveName(name: string): Promise<readonly string[] | Denial> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), this.#lookupTimeoutMs);
    });
    try {
      const addresses = await Promise.race([this.#lookup(name), late]);
      if (addresses === undefined) {
        return {
          status: 502,
          reason: `${name} was not resolved within ${this.#lookupTimeoutMs} ms`,
          code: ['s', 'C'],
        };
      }
      if (addresses.length > 0) return addresses;
    } catch {
      // What the resolver says in detail is of no use to who asked.
    } finally {
      clearTimeout(timer);
    }
    return { status: 502, reason: `${name} has no address`, code: ['S', 'C'] };
  }
}

function deny(reason: string): Denial {
  return { status: 403, reason, code: ['P', 'C'] };
}

/** As {@link DestinationGuard.resolve} compares it: in lower case, without brackets. */
function plainHost(host: string): string {
  return host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
}

/** IPv4 first: that is where most servers on loopback listen, and a refused dial less for each connection. */
async function lookupAll(host: string): Promise<readonly string[]> {
  const found = await dnsLookup(host, { all: true, order: 'ipv4first' });
  return found.map(({ address }) => address);
}
