/** One queue behind an admission stage, in virtual time, with a consumer moved by hand. */
import { createVirtualClock, type VirtualClock } from '../../src/core/clock.ts';
import { createRandom } from '../../src/core/random.ts';
import type {
  Admission,
  AdmissionDefinition,
  EntryView,
  LoadView,
} from '../../src/system/admission/admission.ts';
import { type Channel, type ChannelOptions, createChannel } from '../../src/system/channel/channel.ts';
import dropNewest from '../../src/system/overflow/drop-newest.ts';
import { defaultsOf, type Params } from '../../src/system/strategies/definition.ts';

export const SEED = 4711;

export interface Item {
  readonly size: number;
  readonly class: number;
}

export function make(definition: AdmissionDefinition, params: Params = {}): Admission {
  return definition.create({ ...defaultsOf(definition), ...params }, createRandom(SEED, 'admission').next);
}

export class Lane {
  readonly clock: VirtualClock;
  readonly channel: Channel<Item>;
  /** In the order in which they were taken. */
  readonly flying: Item[] = [];
  disconnectedFor: string | undefined = undefined;

  constructor(admission: Admission | readonly Admission[], options: Partial<ChannelOptions<Item>> = {}) {
    this.clock = (options.clock as VirtualClock | undefined) ?? createVirtualClock();
    this.channel = createChannel<Item>({
      overflow: dropNewest,
      clock: this.clock,
      capacityItems: 10_000,
      capacityBytes: 0,
      perItemOverheadBytes: 0,
      sizeOf: (item) => item.size,
      classOf: (item) => item.class,
      stages: { admission: [admission].flat() as Admission[] },
      onDisconnect: (reason) => {
        this.disconnectedFor = reason;
      },
      ...options,
    });
  }

  /** Offers `count` items; one letter each: A admitted, r refused or dropped. */
  offer(count = 1, { size = 0, class: klass = 1 }: Partial<Item> = {}): string {
    let letters = '';
    for (let i = 0; i < count; i++) {
      letters += this.channel.offer({ size, class: klass }) === 'dropped' ? 'r' : 'A';
    }
    return letters;
  }

  take(count = 1): void {
    for (let i = 0; i < count; i++) {
      const item = this.channel.tryTake();
      if (item === undefined) return;
      this.flying.push(item);
    }
  }

  /** Ends the items that were taken first; takes them if nothing is in flight. */
  end(how: 'delivered' | 'failed', count = 1): void {
    for (let i = 0; i < count; i++) {
      if (this.flying.length === 0) this.take();
      const item = this.flying.shift();
      if (item === undefined) return;
      if (how === 'delivered') this.channel.delivered(item);
      else this.channel.failed(item, 'sink');
    }
  }

  drain(): void {
    while (this.channel.depthItems + this.flying.length > 0) this.end('delivered');
  }

  advanceMs(ms: number): void {
    this.clock.advanceNs(ms * 1e6);
  }

  get pending(): number {
    return (this.channel as unknown as LoadView).pendingItems;
  }

  get unaccounted(): number {
    return this.channel.ledger().unaccounted;
  }
}

/** An item as an admission stage sees it, for checks without a channel. */
export function entryOf(seq: number, { cost = 1, class: klass = 1, offeredNs = 0 } = {}): EntryView {
  return {
    item: seq,
    cost,
    class: klass,
    key: '',
    flow: '',
    offeredNs,
    sinceNs: offeredNs,
    weight: 1,
    seq,
    older: undefined,
    newer: undefined,
    olderOfClass: undefined,
    newerOfClass: undefined,
    olderOfFlow: undefined,
    newerOfFlow: undefined,
  };
}

export const IDLE: LoadView = { pendingItems: 0, pendingBytes: 0, depthItems: 0 };
