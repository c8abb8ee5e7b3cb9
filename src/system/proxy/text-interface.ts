/**
 * What the one observer of the proxies' events has on its screen: the last events, the last requests, and which
 * of those are pending. What is older leaves without a word. Tunnels are among the events alone.
 */
import { Ring } from '../channel/ring.ts';
import type { LifecycleEvent, LifecycleType } from './lifecycle-event.ts';
import type { TickChains } from './tick-chains.ts';

export const KEPT_EVENTS = 256;
export const KEPT_REQUESTS = 256;

export interface ScreenSample {
  /** Events and requests kept, and the memory of both. */
  readonly events: number;
  readonly requests: number;
  readonly bytes: number;
  /** Requests on the screen whose start was received and whose end was not. */
  readonly pending: number;
  /** Chains of ticks now, and ticks so far. */
  readonly chains: number;
  readonly ticks: number;
  /** Events received by type, and the events told that these stand for. */
  readonly received: Partial<Record<LifecycleType, number>>;
  readonly represented: number;
  /** From events that count requests instead of showing each. */
  readonly counted: { readonly started: number; readonly finished: number; readonly failed: number };
}

export class TextInterface {
  readonly #ticks: TickChains;
  readonly #events = new Ring<LifecycleEvent>();
  /** By request, oldest first: its last event. */
  readonly #rows = new Map<number, LifecycleEvent>();
  readonly #received: Partial<Record<LifecycleType, number>> = {};
  readonly #counted = { started: 0, finished: 0, failed: 0 };
  #represented = 0;
  #pending = 0;

  constructor(ticks: TickChains) {
    this.#ticks = ticks;
  }

  get pending(): number {
    return this.#pending;
  }

  /** When the next redraw without an event is due; Infinity without any. */
  get nextTickNs(): number {
    return this.#ticks.nextNs;
  }

  receive(event: LifecycleEvent): void {
    this.#events.push(event, 0);
    if (this.#events.length > KEPT_EVENTS) this.#events.shift();
    this.#received[event.type] = (this.#received[event.type] ?? 0) + 1;
    this.#represented += event.count;
    if (event.counters !== null) {
      this.#counted.started += event.counters.started;
      this.#counted.finished += event.counters.finished;
      this.#counted.failed += event.counters.failed;
    }
    if (event.request !== null && event.request.kind === 'request') this.#updateRow(event);
    if (this.#pending > 0) this.#ticks.start();
  }

  /** Answers the time that it took, in nanoseconds. */
  tick(): number {
    return this.#ticks.tick(this.#pending > 0);
  }

  sample(): ScreenSample {
    const kept = new Set(this.#rows.values());
    for (let i = this.#events.length; i > 0; i--) {
      const event = this.#events.shift();
      this.#events.push(event, 0);
      kept.add(event);
    }
    let bytes = 0;
    for (const event of kept) bytes += event.bytes;
    return {
      events: this.#events.length,
      requests: this.#rows.size,
      bytes,
      pending: this.#pending,
      chains: this.#ticks.chains,
      ticks: this.#ticks.ticks,
      received: { ...this.#received },
      represented: this.#represented,
      counted: { ...this.#counted },
    };
  }

  #updateRow(event: LifecycleEvent): void {
    const before = this.#rows.get(event.requestId);
    const isStart = event.type === 'request-started';
    if (before === undefined) {
      if (isStart) this.#pending++;
    } else if (isPending(before)) {
      if (!isStart) this.#pending--;
    } else {
      return; // it has ended already
    }
    this.#rows.set(event.requestId, event);
    if (this.#rows.size > KEPT_REQUESTS) this.#evictRow();
  }

  #evictRow(): void {
    for (const [id, row] of this.#rows) {
      if (isPending(row)) this.#pending--;
      this.#rows.delete(id);
      return;
    }
  }
}

function isPending(row: LifecycleEvent): boolean {
  return row.type === 'request-started';
}
