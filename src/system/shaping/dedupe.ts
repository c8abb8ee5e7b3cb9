import type { Params } from '../strategies/definition.ts';
import { KeyedSlots } from './keyed-slots.ts';
import { durationNs } from './params.ts';
import type { EntryView, Shaper, ShaperPorts, ShapingDefinition } from './shaper.ts';

/** Remembers ids in the order in which they were accepted; a repetition does not renew one. */
class Dedupe<T> implements Shaper<T> {
  readonly wakeAtNs = Number.POSITIVE_INFINITY;
  private readonly maxIds: number;
  private readonly windowNs: number;
  private readonly seen = new KeyedSlots<never>();

  constructor(maxIds: number, windowNs: number) {
    this.maxIds = maxIds;
    this.windowNs = windowNs;
  }

  offer(entry: EntryView<T>, nowNs: number, ports: ShaperPorts<T>): void {
    const { seen } = this;
    for (
      let slot = seen.firstOpened;
      slot !== undefined && slot.openedNs + this.windowNs <= nowNs;
      slot = seen.firstOpened
    ) {
      seen.close(slot);
    }
    if (seen.get(entry.key) !== undefined) {
      ports.coalesce(entry, 'dedupe');
      return;
    }
    const oldest = seen.firstOpened;
    if (oldest !== undefined && seen.size >= this.maxIds) seen.close(oldest);
    seen.open(entry.key, undefined, nowNs);
    ports.emit(entry);
  }

  wake(): void {}

  flush(): void {}

  reset(): void {
    this.seen.clear();
  }
}

/**
 * Lets each id through once: an item whose key was accepted a short while ago is left out.
 *
 * When to use: sources that may send the same event again, such as a replay after a reconnect.
 * Details: the window counts from the acceptance, so an id that keeps coming is accepted once per window.
 * Gotchas: it forgets. An id that comes again after `maxIds` others or after `window` is accepted again.
 */
export default {
  name: 'dedupe',
  stage: 'shaping',
  summary: 'leave out items whose key, as their id, was accepted a short while ago',
  effects: { coalesces: true, readsKey: true },
  reasons: ['dedupe'],
  params: [
    {
      key: 'maxIds',
      name: 'maxIds',
      unit: 'count',
      min: 1,
      default: 1000,
      summary: 'ids remembered; one more forgets the one accepted first',
    },
    {
      key: 'window',
      name: 'windowMs',
      unit: 'ms',
      min: 0.001,
      default: 60_000,
      summary: 'how long an accepted id is remembered',
    },
  ],
  create: <T>(params: Params): Shaper<T> =>
    new Dedupe<T>(Number(params['maxIds']), durationNs(params, 'windowMs')),
  details: {
    rule: 'An item whose key was accepted less than window ago, and is among the last maxIds accepted, is coalesced as dedupe. Any other is accepted: emitted at once and remembered.',
    guarantees: [
      'order: what is emitted keeps the order of its offers',
      'loss: repetitions alone',
      'exactly once per id, while it repeats within window and within maxIds other ids',
    ],
    prediction:
      'no delay. At λ new ids per second it looks back min(window, maxIds/λ): with 1000 ids and 100 per second, 10 s',
    bestFor: 'at-least-once sources, replays after a reconnect',
    alsoCalled: [
      { name: 'EventTracker', where: 'shadowcat' },
      { name: 'duplicate window', where: 'NATS JetStream' },
      { name: 'deduplication interval', where: 'Amazon SQS FIFO, 5 min' },
    ],
    namingTrap: 'Clojure dedupe leaves out an item that equals the one before: that is distinct here.',
    gotchas: [
      'The key must be the id of the item. If keys name what an item is about, all updates of one thing but the first are left out.',
      'A false accept after eviction is possible: at high rates maxIds ends the memory long before window does.',
      'An id whose item the queue drops later is remembered all the same: a retry within the window is left out.',
    ],
  },
} satisfies ShapingDefinition as ShapingDefinition;
