/**
 * Peers that answer nothing, as the kernel sees it: it sends the same bytes again and again, or asks a peer without
 * room whether there is some by now, and hears nothing. Somebody who only does not read answers both, so he is none
 * of them. Linux tells of it in /proc/net/tcp; elsewhere nothing is known, and TCP itself gives up after minutes.
 */
import { readFile } from 'node:fs/promises';
import { type Socket, SocketAddress } from 'node:net';
import { type Clock, NS_PER_MS } from '../../core/clock.ts';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** local address and port, remote ones, timer, retransmits, unanswered probes. */
const LINE =
  /^ *\d+: [\dA-F]+:([\dA-F]{4}) ([\dA-F]+):([\dA-F]{4}) [\dA-F]{2} [\dA-F:]+ [\dA-F]{2}:[\dA-F]+ ([\dA-F]{8}) +\d+ +(\d+)/gm;
/** One probe is under way at any time where a peer has no room. */
const MIN_PROBES = 2;

export class SilentPeers {
  readonly #clock: Clock;
  readonly #readTables: () => Promise<readonly string[]>;
  /** By connection: since when it has been seen so each time. */
  #sinceNs: ReadonlyMap<string, number> = new Map();
  #isReading = false;
  #readNs = Number.NEGATIVE_INFINITY;
  /** The time of the reading that is known. */
  #seenNs = 0;

  /** `readTables` answers with the text of each table there is. */
  constructor(clock: Clock, readTables = readKernelTables) {
    this.#clock = clock;
    this.#readTables = readTables;
  }

  /** To be called now and then by whoever asks: reads the tables if the last reading is older than `maxAgeMs`. */
  async refresh(maxAgeMs: number): Promise<void> {
    const nowNs = this.#clock.nowNs();
    if (this.#isReading || nowNs - this.#readNs < maxAgeMs * NS_PER_MS) return;
    this.#isReading = true;
    this.#readNs = nowNs;
    const sinceNs = new Map<string, number>();
    for (const table of await this.#readTables()) {
      for (const name of findSilent(table)) sinceNs.set(name, this.#sinceNs.get(name) ?? nowNs);
    }
    this.#sinceNs = sinceNs;
    this.#seenNs = nowNs;
    this.#isReading = false;
  }

  /** For how long the peer has answered nothing; 0 for not at all, or where that is not known. */
  silentNs({
    localPort,
    remoteAddress,
    remotePort,
  }: Pick<Socket, 'localPort' | 'remoteAddress' | 'remotePort'>): number {
    if (this.#sinceNs.size === 0 || remoteAddress === undefined) return 0;
    const sinceNs = this.#sinceNs.get(nameOf(localPort, toPlainAddress(remoteAddress), remotePort));
    return sinceNs === undefined ? 0 : this.#seenNs - sinceNs;
  }
}

/** Ends a connection whose peer has gone: the kernel keeps nothing for it, as it would after a mere close. */
export function drop(socket: Socket): void {
  if (socket.remoteAddress === undefined)
    socket.destroy(); // no TCP
  else socket.resetAndDestroy();
}

async function readKernelTables(): Promise<readonly string[]> {
  return Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => '')));
}

function* findSilent(table: string): Iterable<string> {
  for (const [, local = '', address = '', remote = '', retransmits = '', probes = ''] of table.matchAll(
    LINE,
  )) {
    if (Number.parseInt(retransmits, 16) === 0 && Number(probes) < MIN_PROBES) continue;
    yield nameOf(Number.parseInt(local, 16), readAddress(address), Number.parseInt(remote, 16));
  }
}

function nameOf(localPort: number | undefined, address: string, remotePort: number | undefined): string {
  return `${localPort} ${address} ${remotePort}`;
}

/** The kernel writes each 32 bits of an address as one number, in the order of bytes of this machine. */
function readAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (IS_LITTLE_ENDIAN) bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  return toPlainAddress(new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address);
}

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** A socket that listens on both families has IPv4 peers in the form of IPv6. */
function toPlainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
}
