import { NS_PER_MS } from '../../core/clock.ts';
import type { Admission, AdmissionDefinition, EntryView, ItemEnd, LoadView } from './admission.ts';
import { SmoothedMean } from './smoothed-mean.ts';

const WINDOW_ITEMS = 20;
const WARM_UP_ITEMS = 10;

/**
 * The service time is the gap between two deliveries while there is something to do: so it counts what the
 * consumer really gets done, however many items it works on at a time.
 */
class Deadline implements Admission {
  private readonly deadlineNs: number;
  private readonly service = new SmoothedMean(WINDOW_ITEMS, WARM_UP_ITEMS);
  /** Since when the consumer works on the item that ends next. */
  private workingSinceNs = 0;

  constructor(deadlineMs: number) {
    this.deadlineNs = deadlineMs * NS_PER_MS;
  }

  /** Smoothed service time in milliseconds. */
  get level(): number {
    return this.service.value / NS_PER_MS;
  }

  admit(_entry: EntryView, load: LoadView, nowNs: number): string | undefined {
    const ahead = load.pendingItems;
    if (ahead === 0) this.workingSinceNs = nowNs;
    return ahead * this.service.value > this.deadlineNs ? 'admission.deadline' : undefined;
  }

  /** What is dropped or coalesced in the queue costs the consumer nothing; a failed write takes time, but teaches none. */
  onEnd(_entry: EntryView, end: ItemEnd, _rttNs: number, _load: LoadView, nowNs: number): void {
    if (end === 'delivered') this.service.add(Math.max(0, nowNs - this.workingSinceNs));
    if (end === 'delivered' || end === 'failed') this.workingSinceNs = nowNs;
  }
}

/**
 * Refuses what would come too late anyway, before anything is spent on it.
 *
 * Gotchas: it compares a mean. With exponential service an item whose expected wait is just the deadline
 *   misses it half the time.
 */
export default {
  name: 'deadline',
  stage: 'admission',
  summary: 'refuse an item whose expected wait is above a deadline',
  reasons: ['admission.deadline'],
  effects: { drops: true },
  params: [
    {
      key: 'deadline',
      name: 'deadlineMs',
      unit: 'ms',
      min: 0.001,
      default: 1000,
      summary: 'longest expected wait with which an item is still admitted',
    },
  ],
  create: (params) => new Deadline(Number(params['deadlineMs'])),
  details: {
    rule: 'Expected wait = items ahead · smoothed service time (the gap between deliveries while busy, over about 20 items). Above deadline the item is refused as admission.deadline.',
    guarantees: [
      'order: as without it',
      'loss: arriving items alone; an idle consumer is always given one, so that a wrong estimate heals',
    ],
    prediction:
      'with j items ahead, done within d: 1 − e^(−μd)·Σ(i ≤ j) (μd)^i/i!, for exponential service; with μd = 20: .995 at j = 9, .895 at j = 14, .619 at j = 18',
    bestFor: 'requests with a time-out: late answers are wasted work',
    alsoCalled: [
      { name: 'deadline-aware load shedding', where: 'gRPC servers, Finagle' },
      { name: 'load shedding by estimated wait', where: 'Amazon Builders’ Library' },
    ],
    namingTrap:
      'Deadline schedulers (earliest deadline first) order items by their deadlines; this one refuses by a deadline and orders nothing. disconnect-deadline ends connections.',
    gotchas: [
      'A queue as long as deadline · μ fails half the time near its tail: set it well below the real time-out.',
      'It assumes order of arrival: under priorities or lifo the number of items ahead is another one.',
      'Items that a shaper holds count as ahead, and its waiting counts as service.',
      'It knows nothing before the first delivery, and admits everything until then.',
    ],
  },
} satisfies AdmissionDefinition as AdmissionDefinition;
