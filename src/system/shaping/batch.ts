import { Ring } from '../channel/ring.ts';
import type { Params } from '../strategies/definition.ts';
import { durationNs } from './params.ts';
import type { EntryView, Shaper, ShaperPorts, ShapingDefinition } from './shaper.ts';

/** Holds items in order until there are enough, or the first of them has waited for the window. */
class Batch<T> implements Shaper<T> {
  wakeAtNs = Number.POSITIVE_INFINITY;
  private readonly maxItems: number;
  private readonly maxBytes: number;
  private readonly windowNs: number;
  private readonly entries = new Ring<EntryView<T>>();
  private bytes = 0;

  constructor(maxItems: number, maxBytes: number, windowNs: number) {
    this.maxItems = maxItems;
    this.maxBytes = maxBytes;
    this.windowNs = windowNs;
  }

  offer(entry: EntryView<T>, nowNs: number, ports: ShaperPorts<T>): void {
    const isLate = nowNs >= this.wakeAtNs;
    if (isLate || this.bytes + entry.cost > this.maxBytes) this.release(ports);
    if (this.wakeAtNs === Number.POSITIVE_INFINITY) this.wakeAtNs = nowNs + this.windowNs;
    this.entries.push(entry, 0);
    this.bytes += entry.cost;
    if (this.entries.length >= this.maxItems || this.bytes >= this.maxBytes) this.release(ports);
  }

  wake(_nowNs: number, ports: ShaperPorts<T>): void {
    this.release(ports);
  }

  flush(_nowNs: number, ports: ShaperPorts<T>): void {
    this.release(ports);
  }

  reset(): void {
    while (this.entries.length > 0) this.entries.shift();
    this.forget();
  }

  private release(ports: ShaperPorts<T>): void {
    this.forget();
    while (this.entries.length > 0) ports.emit(this.entries.shift());
  }

  private forget(): void {
    this.bytes = 0;
    this.wakeAtNs = Number.POSITIVE_INFINITY;
  }
}

/**
 * Collects items for a moment and lets them go together, all of them and in order.
 *
 * When to use: many small items, where each write costs more than its content.
 * Details: the window opens with the first item, so an idle stream costs no timers. A batch that is full goes
 *   at once. An item that does not fit into the bytes of a batch lets that go and opens the next.
 * Gotchas: at low rates it only adds delay: a batch has 1 + λW items on average.
 */
export default {
  name: 'batch',
  stage: 'shaping',
  summary: 'hold items until a batch is full or its window is over, then emit them together',
  effects: { delays: true },
  reasons: [],
  params: [
    {
      key: 'maxItems',
      name: 'maxItems',
      unit: 'items',
      min: 1,
      default: 64,
      summary: 'items that make a batch full',
    },
    {
      key: 'maxBytes',
      name: 'maxBytes',
      unit: 'bytes',
      min: 1,
      default: 64 * 1024,
      summary: 'bytes that make a batch full, overhead included',
    },
    {
      key: 'window',
      name: 'windowMs',
      unit: 'ms',
      min: 0.001,
      default: 50,
      summary: 'longest wait after the first item of a batch',
    },
  ],
  create: <T>(params: Params): Shaper<T> =>
    new Batch<T>(Number(params['maxItems']), Number(params['maxBytes']), durationNs(params, 'windowMs')),
  details: {
    rule: 'Items are held and emitted together, in order, as soon as there are maxItems or maxBytes of them, or window after the first. An item that would bring the batch above maxBytes lets it go first.',
    guarantees: ['order: as offered', 'loss: none; every item goes on by itself'],
    prediction:
      'Poisson input at λ, window W, no full batch: mean delay W(1 + λW/2)/(1 + λW), items per batch 1 + λW, batches λ/(1 + λW) per second',
    bestFor: 'many small items at high rates: logs, metrics, live dashboards',
    alsoCalled: [
      { name: 'EventBatcher', where: 'ironstar' },
      { name: 'bufferTime', where: 'RxJS, with free-running windows' },
      { name: 'groupedWithin', where: 'Akka, Pekko, Effect' },
      { name: 'linger.ms', where: 'Kafka producers' },
    ],
    namingTrap: null,
    gotchas: [
      'A batch that is larger than the room in the queue overflows it by the policy behind, even at a low mean rate: choose maxItems well below capacity.',
      'A free-running window delays by W/2 on average; one that opens with the first item delays that one by all of W.',
      'When batches of fewer than two items are common, it costs delay and saves nothing.',
    ],
  },
} satisfies ShapingDefinition as ShapingDefinition;
