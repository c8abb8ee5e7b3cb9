/** Certificates of the hosts that were intercepted last: at most so many, each made once however many ask for it. */
import type { SecureContext } from 'node:tls';
import { wallTimeIso } from '../../core/clock.ts';
import type { CertificateAuthority, Leaf } from './certificate-authority.ts';

const MAX_HOSTS = 256;
/** A certificate that ends within this time is made anew. */
const RENEW_MS = 3_600_000;

export interface LeafCacheOptions {
  readonly authority: Pick<CertificateAuthority, 'issue'>;
  /** 256 by default; the one that was asked for longest ago goes. */
  readonly maxHosts?: number;
  /** For tests: ms since 1970. */
  readonly wallNowMs?: () => number;
}

export class LeafCache {
  readonly #authority: Pick<CertificateAuthority, 'issue'>;
  readonly #maxHosts: number;
  readonly #wallNowMs: () => number;
  /** Least recently used first. */
  readonly #leaves = new Map<string, Leaf>();
  readonly #making = new Map<string, Promise<SecureContext>>();
  /** One certificate after another, each in a turn of its own: building one takes some ms of the event loop. */
  #line: Promise<unknown> = Promise.resolve();

  constructor(options: LeafCacheOptions) {
    this.#authority = options.authority;
    this.#maxHosts = options.maxHosts ?? MAX_HOSTS;
    this.#wallNowMs = options.wallNowMs ?? (() => Date.parse(wallTimeIso()));
  }

  get size(): number {
    return this.#leaves.size;
  }

  /** For a server that is taken for `host`. Rejects when no certificate can be made; the next call tries again. */
  contextFor(host: string): SecureContext | Promise<SecureContext> {
    const leaf = this.#leaves.get(host);
    if (leaf !== undefined) {
      this.#leaves.delete(host);
      if (leaf.expiresAtMs - this.#wallNowMs() > RENEW_MS) {
        this.#leaves.set(host, leaf);
        return leaf.context;
      }
    }
    let making = this.#making.get(host);
    if (making === undefined) {
      making = this.#line.then(() => this.#make(host));
      this.#line = making.then(nextTurn, nextTurn);
      this.#making.set(host, making);
    }
    return making;
  }

  async #make(host: string): Promise<SecureContext> {
    try {
      const leaf = await this.#authority.issue(host);
      this.#leaves.set(host, leaf);
      if (this.#leaves.size > this.#maxHosts) {
        const [oldest] = this.#leaves.keys();
        this.#leaves.delete(oldest as string);
      }
      return leaf.context;
    } finally {
      this.#making.delete(host);
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
