/** Connections that wait for a next exchange, by what they lead to; of too many, the one that has waited longest goes. */
import type { Clock } from '../../core/clock.ts';
import type { Destination } from './upstream.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

interface Group {
  readonly key: string;
  /** The one used last stands last. */
  readonly connections: UpstreamConnection[];
}

export class IdleConnections {
  readonly #maxPerDestination: number;
  readonly #max: number;
  readonly #groups = new Map<string, Group>();
  /** Most callers come with the same object each time: it spares them the key. */
  readonly #known = new WeakMap<Destination, Group>();
  /** All of them, the one that has waited longest first. */
  readonly #waiting = new Set<UpstreamConnection>();

  constructor(maxPerDestination: number, max: number) {
    this.#maxPerDestination = maxPerDestination;
    this.#max = max;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** The one that was used last, of those to an address that `destination` allows. */
  take(destination: Destination, clock: Clock): UpstreamConnection | undefined {
    if (this.#waiting.size === 0) return undefined;
    const { connections } = this.#groupOf(destination);
    if (connections.length === 0) return undefined;
    const nowNs = clock.nowNs();
    for (let i = connections.length - 1; i >= 0; i--) {
      const connection = connections[i] as UpstreamConnection;
      if (connection.deadlineNs <= nowNs || !destination.addresses.includes(connection.address)) continue;
      if (i === connections.length - 1) connections.pop();
      else connections.splice(i, 1);
      this.#waiting.delete(connection);
      return connection;
    }
    return undefined;
  }

  /** False when as many wait for its destination as may. */
  put(connection: UpstreamConnection): boolean {
    const group = this.#groupOf(connection.destination);
    if (group.connections.length >= this.#maxPerDestination) return false;
    if (group.connections.length === 0) this.#groups.set(group.key, group);
    group.connections.push(connection);
    this.#waiting.add(connection);
    if (this.#waiting.size > this.#max) {
      const [oldest] = this.#waiting;
      oldest?.drop();
    }
    return true;
  }

  /** It may be among those that wait, or not. */
  remove(connection: UpstreamConnection): void {
    const group = this.#groupOf(connection.destination);
    if (this.#waiting.delete(connection)) group.connections.splice(group.connections.indexOf(connection), 1);
    // Hosts come and go by the thousand: what is empty is forgotten.
    if (group.connections.length === 0 && this.#groups.get(group.key) === group)
      this.#groups.delete(group.key);
  }

  /** An empty group may be known and not in the map; another of its key that is there goes before it. */
  #groupOf(destination: Destination): Group {
    const known = this.#known.get(destination);
    if (known !== undefined && known.connections.length > 0) return known;
    const key = known?.key ?? keyOf(destination);
    const group = this.#groups.get(key) ?? known ?? { key, connections: [] };
    if (group !== known) this.#known.set(destination, group);
    return group;
  }
}

function keyOf({ host, port, isTls, isVerified }: Destination): string {
  return `${isTls ? (isVerified ? 'tls' : 'unverified') : 'tcp'} ${port} ${host.toLowerCase()}`;
}
