/** Names in waits that every process understands alike. */
import { PATHS, type PathName } from './boundary.ts';

/** What somebody waits for who has no room in the memory budget: whoever holds some could end it. */
export const MEMORY = 'memory';

const PEER = 'peer of ';

/** Whoever is at the other end of a connection: outside of the system, so that it never tells of waits of its own. */
export function peerOf(connection: string): string {
  return PEER + connection;
}

/** Whose peer it is. */
export function connectionOf(peer: string): string {
  return peer.slice(PEER.length);
}

export function isPeer(name: string): boolean {
  return name.startsWith(PEER);
}

/** A connection by its path and its number there, as all that belongs to it is named: `ws 12`, `ws 12 loop`. */
export function connectionName(path: PathName, number: number): string {
  return `${path} ${number}`;
}

/** The path of something named after a connection; `null` for anything else. */
export function pathOfName(name: string): PathName | null {
  return PATHS.find((path) => name.startsWith(`${path} `)) ?? null;
}
