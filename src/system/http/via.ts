/** `Via` (RFC 9110 §7.6.3): each proxy adds itself, and knows by it a message that has come round. */
import { randomBytes } from 'node:crypto';

/** More proxies than this in a row are taken for a loop that hides its names. */
const MAX_HOPS = 16;

export class Via {
  /** What a message gets that passes. */
  readonly field: string;
  readonly #name: string;

  /** One name for each proxy, whatever machine it is on, so that a chain of several is no loop. */
  constructor(role: string) {
    this.#name = `bpbench-${role}-${randomBytes(6).toString('hex')}`;
    this.field = `1.1 ${this.#name}`;
  }

  /** Whether the message has passed here before, or far too many others. */
  hasLooped(raw: readonly string[]): boolean {
    let hops = 0;
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i] as string;
      if (name.length !== 3 || name.toLowerCase() !== 'via') continue;
      const value = raw[i + 1] as string;
      if (value.includes(this.#name)) return true;
      hops += value.split(',').length;
    }
    return hops > MAX_HOPS;
  }
}
