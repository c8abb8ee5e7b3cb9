import { NS_PER_MS } from '../../core/clock.ts';
import type { Params } from '../strategies/definition.ts';
import type { Aqm, AqmDefinition, EntryView } from './aqm.ts';
import { findCodelProblem } from './codel-params.ts';

/** Above so many targets an item is too old in overload. */
const SLOUGH_TARGETS = 2;

class CodelService<T> implements Aqm<T> {
  private readonly targetNs: number;
  private readonly intervalNs: number;
  private intervalEndNs = Number.NEGATIVE_INFINITY;
  private minNs = 0;
  private isOverloaded = false;

  constructor(targetNs: number, intervalNs: number) {
    this.targetNs = targetNs;
    this.intervalNs = intervalNs;
  }

  shouldDrop(entry: EntryView<T>, _queue: unknown, nowNs: number): boolean {
    const sojournNs = nowNs - entry.sinceNs;
    if (nowNs > this.intervalEndNs) {
      this.isOverloaded = this.minNs > this.targetNs;
      this.intervalEndNs = nowNs + this.intervalNs;
      this.minNs = sojournNs;
      return false;
    }
    if (sojournNs < this.minNs) this.minNs = sojournNs;
    return this.isOverloaded && sojournNs > SLOUGH_TARGETS * this.targetNs;
  }
}

/**
 * Drops everything older than twice the target in an interval that follows one without a short wait.
 *
 * When to use: requests of sources that do not slow down.
 * Details: facebook/folly `Codel`. The first item of an interval is always kept: more than one has to come
 *   before any is dropped. The wait counts from the offer.
 */
export default {
  name: 'codel-service',
  stage: 'aqm',
  summary: 'in overload drop everything older than twice a target',
  dropReason: 'aqm.codel',
  create: <T>(params: Params): Aqm<T> =>
    new CodelService<T>(Number(params['targetMs']) * NS_PER_MS, Number(params['intervalMs']) * NS_PER_MS),
  effects: { drops: true, adapts: true },
  reasons: ['aqm.codel'],
  findProblem: findCodelProblem,
  params: [
    {
      key: 'target',
      name: 'targetMs',
      unit: 'ms',
      min: 0.001,
      default: 5,
      summary: 'wait that the queue may have all the time; twice this is too old in overload',
    },
    {
      key: 'interval',
      name: 'intervalMs',
      unit: 'ms',
      min: 0.001,
      default: 100,
      summary: 'time over which the shortest wait is kept',
    },
  ],
  details: {
    rule: 'The shortest wait of each interval is kept. When it was above target, the next interval is overloaded: every item that has waited more than 2 · target when it is about to leave is dropped, but never the first of an interval.',
    guarantees: [
      'order: as without it',
      'loss: queued items older than 2 · target, in overload alone',
      'age: in lasting overload what is delivered has waited about 2 · target',
    ],
    prediction:
      'with excess e = λ − μ and interval I it reacts after at most 2I; the queue peaks at about 2I·e, then it drops e items per second',
    bestFor: 'requests in open-loop overload, also with adaptive-lifo',
    alsoCalled: [{ name: 'Codel', where: 'facebook/folly, where fbthrift uses it' }],
    namingTrap:
      'CoDel in networks (RFC 8289, Linux) is codel here. CoDel in folly, made for services, is codel-service here: another rule with another result.',
    gotchas: [
      'It decides by intervals with items: after a long pause the first new interval may still count as overloaded.',
      'An item that alone takes longer than target to serve makes the next ones look overloaded: set target above a few service times.',
      'With a priority scheduler prompt critical items keep the shortest wait low, and a standing low class is never dropped.',
      'Time that an item spends in a shaper, or waiting at the door, counts as wait.',
    ],
  },
} satisfies AqmDefinition as AqmDefinition;
