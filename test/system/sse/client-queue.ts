/** The queue of one client under any strategy, in virtual time, with a client that takes so many events per second. */
import { createVirtualClock, NS_PER_MS, NS_PER_SEC, type VirtualClock } from '../../../src/core/clock.ts';
import type { LedgerSnapshot } from '../../../src/core/ledger.ts';
import { createRandom } from '../../../src/core/random.ts';
import { Boundary, type Sized } from '../../../src/system/boundary.ts';
import type { Channel } from '../../../src/system/channel/channel.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';

interface Item extends Sized {
  readonly id: number;
  readonly offeredNs: number;
}

export interface Delivery {
  readonly id: number;
  readonly atMs: number;
  readonly ageMs: number;
}

export class ClientQueue {
  readonly delivered: Delivery[] = [];
  disconnects = 0;
  readonly #clock: VirtualClock = createVirtualClock();
  readonly #channel: Channel<Item>;
  /** Time between two takes; 0 for a client that takes all there is at once. */
  readonly #paceNs: number;
  #isBusy = false;
  #offered = 0;

  constructor(strategy: string, takesPerSec = Number.POSITIVE_INFINITY) {
    this.#paceNs = NS_PER_SEC / takesPerSec;
    const boundary = new Boundary<Item>({
      name: 'sse.client',
      strategy: parseStrategy(strategy, 'sse.client'),
      clock: this.#clock,
      random: createRandom(1, 'claims'),
    });
    this.#channel = boundary.open({
      onReady: () => this.#drain(),
      onDisconnect: () => void this.disconnects++,
    });
  }

  get nowMs(): number {
    return this.#clock.nowNs() / NS_PER_MS;
  }

  get agesMs(): number[] {
    return this.delivered.map(({ ageMs }) => ageMs);
  }

  /** Sizes of what came at one time. */
  get batches(): number[] {
    const sizes = new Map<number, number>();
    for (const { atMs } of this.delivered) sizes.set(atMs, (sizes.get(atMs) ?? 0) + 1);
    return [...sizes.values()];
  }

  ledger(): LedgerSnapshot {
    return this.#channel.ledger();
  }

  /** Answers the id of the event, which counts from 1. */
  offerAt(atMs: number, { key }: { key?: string } = {}): number {
    this.runTo(atMs);
    const id = ++this.#offered;
    void this.#channel.offer({
      id,
      offeredNs: this.#clock.nowNs(),
      key: key ?? id,
      bytes: 100,
      class: 1,
      flow: '',
    });
    this.#drain();
    return id;
  }

  runTo(atMs: number): void {
    this.#clock.advanceTo(Math.round(atMs * NS_PER_MS));
  }

  #drain(): void {
    if (this.#isBusy) return;
    for (let item = this.#channel.tryTake(); item !== undefined; item = this.#channel.tryTake()) {
      this.delivered.push({
        id: item.id,
        atMs: this.nowMs,
        ageMs: (this.#clock.nowNs() - item.offeredNs) / NS_PER_MS,
      });
      if (this.#paceNs === 0) {
        this.#channel.delivered(item);
        continue;
      }
      this.#isBusy = true;
      const inService = item;
      this.#clock.setTimer(this.#clock.nowNs() + this.#paceNs, () => {
        this.#isBusy = false;
        this.#channel.delivered(inService);
        this.#drain();
      });
      return;
    }
  }
}

/** The ids before which others are missing. */
export function gapsIn(delivered: readonly Delivery[]): number[] {
  return delivered.filter(({ id }, i) => id !== (delivered[i - 1]?.id ?? 0) + 1).map(({ id }) => id);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
}
