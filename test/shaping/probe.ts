/** A shaper between the channel and the one under test, that notes what passes and what breaks the contract. */
import type { EntryView } from '../../src/system/channel/entry.ts';
import type { Shaper, ShaperPorts } from '../../src/system/shaping/shaper.ts';
import type { Item } from './stream.ts';

/** What the channel's entry said when it was emitted; the entry itself is used again. */
export interface Emission {
  readonly id: number;
  readonly key: EntryView['key'];
  readonly weight: number;
  readonly class: number;
  readonly offeredNs: number;
  readonly sinceNs: number;
  readonly atNs: number;
  /** What made it go. */
  readonly by: 'offer' | 'wake' | 'flush';
}

export class Probe implements Shaper<Item> {
  readonly emissions: Emission[] = [];
  readonly problems: string[] = [];
  readonly held = new Set<EntryView<Item>>();
  coalesced = 0;
  heldMax = 0;
  /** Items that ended with nothing to stand for them. */
  endedAlone = 0;
  onEmit: ((id: number) => void) | undefined = undefined;
  private readonly shaper: Shaper<Item>;
  private calls = 0;

  constructor(shaper: Shaper<Item>) {
    this.shaper = shaper;
  }

  get wakeAtNs(): number {
    return this.shaper.wakeAtNs;
  }

  offer(entry: EntryView<Item>, nowNs: number, ports: ShaperPorts<Item>): void {
    this.held.add(entry);
    this.call('offer', nowNs, ports, (own) => this.shaper.offer(entry, nowNs, own));
    this.heldMax = Math.max(this.heldMax, this.held.size);
  }

  wake(nowNs: number, ports: ShaperPorts<Item>): void {
    if (nowNs < this.wakeAtNs) this.problems.push(`woken at ${nowNs}, before ${this.wakeAtNs}`);
    this.call('wake', nowNs, ports, (own) => this.shaper.wake(nowNs, own));
  }

  flush(nowNs: number, ports: ShaperPorts<Item>): void {
    this.call('flush', nowNs, ports, (own) => this.shaper.flush(nowNs, own));
    if (this.held.size > 0) this.problems.push(`${this.held.size} held after flush`);
  }

  reset(): void {
    if (this.calls > 0) this.problems.push('reset during another call');
    this.held.clear();
    this.shaper.reset();
    this.checkWake(Number.NEGATIVE_INFINITY);
  }

  private call(
    by: Emission['by'],
    nowNs: number,
    ports: ShaperPorts<Item>,
    play: (own: ShaperPorts<Item>) => void,
  ): void {
    this.calls++;
    try {
      play(this.portsOf(by, nowNs, ports));
    } finally {
      this.calls--;
    }
    this.checkWake(nowNs);
  }

  /** What is held has a time to go, which is still to come; what is not needs no timer. */
  private checkWake(nowNs: number): void {
    const { wakeAtNs } = this;
    if (this.held.size === 0 && wakeAtNs !== Number.POSITIVE_INFINITY) {
      this.problems.push(`a wake-up at ${wakeAtNs} for nothing`);
    }
    if (this.held.size > 0 && !(wakeAtNs > nowNs && wakeAtNs < Number.POSITIVE_INFINITY)) {
      this.problems.push(`${this.held.size} held with a wake-up at ${wakeAtNs}, now ${nowNs}`);
    }
  }

  private portsOf(by: Emission['by'], atNs: number, ports: ShaperPorts<Item>): ShaperPorts<Item> {
    return {
      isSame: ports.isSame,
      emit: (entry) => {
        this.passOn(entry, 'emitted');
        this.onEmit?.(entry.item.id);
        const { key, weight, offeredNs, sinceNs } = entry;
        this.emissions.push({
          id: entry.item.id,
          class: entry.class,
          key,
          weight,
          offeredNs,
          sinceNs,
          atNs,
          by,
        });
        ports.emit(entry);
      },
      coalesce: (entry, reason, into) => {
        this.passOn(entry, 'coalesced');
        this.checkSuccessor(into, entry);
        this.coalesced++;
        if (into === undefined) this.endedAlone += entry.weight;
        ports.coalesce(entry, reason, into);
      },
      merge: (into, from) => {
        this.passOn(from, 'merged');
        this.checkSuccessor(into, from);
        this.coalesced++;
        ports.merge(into, from);
      },
    };
  }

  private passOn(entry: EntryView<Item>, how: string): void {
    if (!this.held.delete(entry)) this.problems.push(`${how}, though not held`);
  }

  private checkSuccessor(into: EntryView<Item> | undefined, from: EntryView<Item>): void {
    if (into === undefined) return;
    if (!this.held.has(into)) this.problems.push('coalesced into what is not held');
    if (into.key !== from.key && into.item.key === from.item.key) this.problems.push('mixed keys');
  }
}
