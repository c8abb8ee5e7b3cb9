/** A channel that is played step by step, for checks of single promises. */
import { createVirtualClock, NS_PER_MS } from '../../core/clock.ts';
import type { LedgerSnapshot } from '../../core/ledger.ts';
import type { StrategySpec } from '../../core/strategy.ts';
import type { Channel, OfferOutcome } from '../../system/channel/channel.ts';
import type { GateContext } from './gate.ts';

export interface ScriptedItem {
  readonly id: number;
  readonly key?: string;
  readonly class?: number;
  readonly sizeBytes?: number;
}

export class Script {
  readonly clock = createVirtualClock();
  readonly channel: Channel<number>;
  lastTaken: number | undefined = undefined;
  private readonly items = new Map<number, ScriptedItem>();

  constructor(strategy: StrategySpec, context: GateContext) {
    this.channel = context.tools.buildChannel(
      strategy,
      {
        clock: this.clock,
        perItemOverheadBytes: 0,
        sizeOf: (id) => this.items.get(id)?.sizeBytes ?? 0,
        classOf: (id) => this.items.get(id)?.class ?? 1,
        keyOf: (id) => this.items.get(id)?.key ?? '',
      },
      context.tools.createRandom(context.seed, 'script').next,
    );
  }

  /** `waits` for an offer that has to wait for room. */
  offer(item: ScriptedItem): OfferOutcome | 'waits' {
    this.items.set(item.id, item);
    const outcome = this.channel.offer(item.id);
    return typeof outcome === 'string' ? outcome : 'waits';
  }

  advanceMs(ms: number): void {
    this.clock.advanceNs(ms * NS_PER_MS);
  }

  /** Takes one item and delivers it at once. */
  takeOne(): number | undefined {
    const id = this.channel.tryTake();
    if (id === undefined) return undefined;
    this.channel.delivered(id);
    this.lastTaken = id;
    return id;
  }

  /** The same with everything that can be taken now. */
  takeAll(): number[] {
    const taken: number[] = [];
    for (let id = this.takeOne(); id !== undefined; id = this.takeOne()) taken.push(id);
    return taken;
  }

  ledger(): LedgerSnapshot {
    return this.channel.ledger();
  }
}
