/**
 * A peer on a network of its own that goes away without a word: no FIN, no RST, no answer to anything. It takes a
 * network namespace and a pair of virtual interfaces, so Linux and root; both go with its process.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Addresses for benchmarks of networks (RFC 2544), which nobody else has. */
const NETWORK = '198.18';

/** Why there can be none here; `null` where there can. */
export function whyNoVanishingPeer(): string | null {
  if (process.platform !== 'linux') return 'needs Linux';
  try {
    execFileSync('unshare', ['--net', 'ip', 'link', 'show', 'lo'], { stdio: 'pipe' });
    execFileSync('nsenter', ['--version'], { stdio: 'pipe' });
    return null;
  } catch {
    return 'needs root, ip, unshare and nsenter';
  }
}

export class VanishingPeer implements Disposable {
  /** Of this machine, as the peer reaches it. */
  readonly host: string;
  readonly #child: ChildProcess;
  readonly #interface: string;
  #heard = '';

  private constructor(child: ChildProcess, network: string) {
    const pid = String(child.pid);
    const ip = (...words: string[]) => execFileSync('ip', words);
    this.host = `${network}.1`;
    this.#child = child;
    this.#interface = `bpb${pid}b`;
    ip('link', 'add', `bpb${pid}a`, 'type', 'veth', 'peer', 'name', this.#interface, 'netns', pid);
    ip('address', 'add', `${this.host}/24`, 'dev', `bpb${pid}a`);
    ip('link', 'set', `bpb${pid}a`, 'up');
    this.#within('ip', 'address', 'add', `${network}.2/24`, 'dev', this.#interface);
    this.#within('ip', 'link', 'set', this.#interface, 'up');
    child.on('message', (text) => {
      this.#heard += text;
    });
  }

  static async start(): Promise<VanishingPeer> {
    const script = new URL('vanishing-peer.child.ts', import.meta.url).pathname;
    const child = spawn('unshare', ['--net', process.execPath, script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    return new VanishingPeer(child, `${NETWORK}.${(child.pid as number) % 256}`);
  }

  /** Everything that has come. */
  get heard(): string {
    return this.#heard;
  }

  connect(port: number, request: string): void {
    this.#child.send({ host: this.host, port, request });
  }

  vanish(): void {
    this.#within('ip', 'link', 'set', this.#interface, 'down');
  }

  [Symbol.dispose](): void {
    execFileSync('ip', ['link', 'delete', `bpb${this.#child.pid}a`]); // before its last words are waited for
    this.#child.kill('SIGKILL');
  }

  #within(...command: string[]): void {
    execFileSync('nsenter', ['--target', String(this.#child.pid), '--net', ...command]);
  }
}
