import type { Params } from '../../strategies/definition.ts';
import { durationNs } from '../params.ts';
import type { EntryView, Shaper, ShaperPorts, ShapingDefinition } from '../shaper.ts';

/**
 * The sketch's stream: nothing happens but when it is polled. Its ticks are due at fixed times and are made
 * up for one by one. A poll that finds a tick due but the batch empty returns without a wake-up.
 */
class SleepyBatch<T> implements Shaper<T> {
  private readonly windowNs: number;
  private readonly keepAliveNs: number;
  private readonly entries: EntryView<T>[] = [];
  private nextTickNs = 0;
  private pollAtNs: number | undefined = undefined;

  constructor(windowNs: number, keepAliveNs: number) {
    this.windowNs = windowNs;
    this.keepAliveNs = keepAliveNs;
  }

  get wakeAtNs(): number {
    return this.entries.length === 0 ? Number.POSITIVE_INFINITY : (this.pollAtNs as number);
  }

  offer(entry: EntryView<T>, nowNs: number, ports: ShaperPorts<T>): void {
    if (this.pollAtNs === undefined) {
      // The first tick of an interval is due at once, and the first poll comes before the first event.
      this.nextTickNs = nowNs;
      this.pollAtNs = nowNs;
    }
    this.wake(nowNs, ports);
    this.entries.push(entry);
  }

  /** Plays the polls that were due meanwhile, those of an idle stream included. */
  wake(nowNs: number, ports: ShaperPorts<T>): void {
    for (let atNs = this.pollAtNs; atNs !== undefined && atNs <= nowNs; atNs = this.pollAtNs) {
      this.poll(this.entries.length > 0 ? nowNs : atNs, ports);
    }
  }

  flush(_nowNs: number, ports: ShaperPorts<T>): void {
    this.emitAll(ports);
  }

  reset(): void {
    this.entries.length = 0;
    this.pollAtNs = undefined;
  }

  private poll(nowNs: number, ports: ShaperPorts<T>): void {
    if (this.nextTickNs > nowNs) {
      this.pollAtNs = Math.min(this.nextTickNs, nowNs + this.keepAliveNs);
      return;
    }
    this.nextTickNs += this.windowNs;
    // A batch that was handed out is followed by another poll at once.
    if (this.entries.length > 0) {
      this.emitAll(ports);
      this.poll(nowNs, ports);
    } else this.pollAtNs = nowNs + this.keepAliveNs;
  }

  private emitAll(ports: ShaperPorts<T>): void {
    for (const entry of this.entries.splice(0)) ports.emit(entry);
  }
}

/**
 * Wrong on purpose: ironstar's sketch of a batcher as it was written.
 *
 * It says "at most one window of delay". Its very first tick meets an empty batch, and from then on only the
 * keep-alive of the connection wakes it. In the sketch what it sleeps over waits in the bus, which overwrites it;
 * here it passes through the queue behind, which drops and counts it. That the sketch swallows the count is a matter
 * of the feed: `sse.onLag: ignore`.
 */
export default {
  name: 'as-written/ironstar-batch',
  stage: 'shaping',
  specimen: true,
  summary: 'batch that sleeps until the keep-alive, without a bound on its size',
  effects: { delays: true },
  reasons: [],
  params: [
    {
      key: 'window',
      name: 'windowMs',
      unit: 'ms',
      min: 0.001,
      default: 100,
      summary: 'time between two ticks',
    },
    {
      key: 'keepAlive',
      name: 'keepAliveMs',
      unit: 'ms',
      min: 0.001,
      default: 15_000,
      summary: 'time after which the connection polls an idle stream',
    },
  ],
  create: <T>(params: Params): Shaper<T> =>
    new SleepyBatch<T>(durationNs(params, 'windowMs'), durationNs(params, 'keepAliveMs')),
  details: {
    rule: 'A poll emits all items held if a tick is due; ticks that were missed are made up for. A tick that meets no item arms no wake-up: the next poll comes with the keep-alive.',
    guarantees: ['order: as offered', 'loss: none here; items sleep'],
    prediction:
      'delay of an item evenly between 0 and keepAlive instead of window; items held without a bound: λ·keepAlive. Behind it a queue of C items loses what is above C/keepAlive per second: at 256 and 15 s from 17 per second on, at 20 per second 44 of 300.',
    bestFor: 'showing that the checks notice',
    alsoCalled: [],
    namingTrap: null,
    gotchas: [
      'A busy stream does not help: new items do not wake it either.',
      'With capacity=256 the queue behind it loses what the noted bus would; with the 64 of a client it loses more.',
    ],
  },
} satisfies ShapingDefinition as ShapingDefinition;
