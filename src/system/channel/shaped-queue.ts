/** Shapers before the queue: what they hold, and what becomes of an offer while they have it. */
import type { ShaperPorts } from '../shaping/shaper.ts';
import type { OfferOutcome } from './channel.ts';
import type { Entry } from './entry.ts';
import { OverflowQueue } from './overflow-queue.ts';
import { type BoundedOptions, standFor } from './queue-books.ts';

export abstract class ShapedQueue<T> extends OverflowQueue<T> {
  private readonly ports: readonly ShaperPorts<T>[];
  /** The entry of the `offer` under way, while shapers have it, and what became of it. */
  private offering: Entry<T> | undefined = undefined;
  private offeringSignal: AbortSignal | undefined = undefined;
  private outcome: OfferOutcome | Promise<OfferOutcome> = 'queued';

  constructor(options: BoundedOptions<T>) {
    super(options);
    this.ports = (options.stages?.shapers ?? []).map((_, index) => this.portsOf(index));
  }

  protected shape(entry: Entry<T>, signal: AbortSignal | undefined): OfferOutcome | Promise<OfferOutcome> {
    this.offering = entry;
    this.offeringSignal = signal;
    this.outcome = 'queued';
    this.held.push(entry);
    try {
      this.stages.shapers?.[0]?.offer(entry, this.nowNs, this.ports[0] as ShaperPorts<T>);
    } catch (thrown) {
      if (entry.list === this.held) {
        this.held.remove(entry);
        this.end(entry, 'failed', 'policy_error');
      }
      throw thrown;
    } finally {
      this.offering = undefined;
      this.offeringSignal = undefined;
    }
    if (this.isBroken && entry.list === this.held) this.outcome = 'failed';
    return this.outcome;
  }

  protected wakeShapers(): void {
    this.stages.shapers?.forEach((shaper, index) => {
      if (shaper.wakeAtNs <= this.nowNs) shaper.wake(this.nowNs, this.ports[index] as ShaperPorts<T>);
    });
  }

  protected flushShapers(): void {
    this.stages.shapers?.forEach((shaper, index) => {
      shaper.flush(this.nowNs, this.ports[index] as ShaperPorts<T>);
    });
  }

  /** What shapers hold has ended otherwise. */
  protected endHeld(end: 'dropped' | 'failed', reason: string): void {
    for (let entry = this.held.oldest; entry !== undefined; entry = this.held.oldest) {
      this.held.remove(entry);
      this.end(entry, end, reason);
    }
    for (const shaper of this.stages.shapers ?? []) shaper.reset();
  }

  private portsOf(index: number): ShaperPorts<T> {
    return {
      emit: (view) => {
        const entry = view as Entry<T>;
        const next = this.stages.shapers?.[index + 1];
        if (next !== undefined) {
          next.offer(entry, this.nowNs, this.ports[index + 1] as ShaperPorts<T>);
          return;
        }
        const isOffering = entry === this.offering;
        this.held.remove(entry);
        const outcome = this.isBroken
          ? this.end(entry, 'failed', 'closed')
          : this.arrive(entry, isOffering ? this.offeringSignal : undefined, isOffering);
        if (isOffering) this.outcome = outcome;
      },
      coalesce: (view, reason, intoView) => {
        const entry = view as Entry<T>;
        const endedClass = intoView === undefined ? entry.class : standFor(intoView as Entry<T>, entry);
        this.held.remove(entry);
        this.coalesce(entry, reason, entry.item, endedClass);
      },
      merge: (intoView, fromView) => {
        const into = intoView as Entry<T>;
        const from = fromView as Entry<T>;
        const old = into.item;
        const merged = this.mergeItems(old, from.item);
        const cost = this.costOf(merged);
        this.held.remove(from);
        this.held.bytes += cost - into.cost;
        into.item = merged;
        this.resize(into, cost);
        const endedClass = standFor(into, from);
        this.coalesce(from, 'merge', merged === from.item ? old : from.item, endedClass);
      },
      isSame: this.options.isSame ?? Object.is,
    };
  }
}
