import type { Params } from '../strategies/definition.ts';
import { KeyedSlots } from './keyed-slots.ts';
import { maxKeysParam } from './params.ts';
import type { EntryView, Shaper, ShaperPorts, ShapingDefinition } from './shaper.ts';

/** Remembers the item sent last per key; the key that was offered longest ago is forgotten first. */
class Distinct<T> implements Shaper<T> {
  readonly wakeAtNs = Number.POSITIVE_INFINITY;
  private readonly maxKeys: number;
  private readonly sent = new KeyedSlots<T>();

  constructor(maxKeys: number) {
    this.maxKeys = maxKeys;
  }

  offer(entry: EntryView<T>, nowNs: number, ports: ShaperPorts<T>): void {
    const { sent } = this;
    const slot = sent.get(entry.key);
    if (slot === undefined) {
      const oldest = sent.longestUntouched;
      if (oldest !== undefined && sent.size >= this.maxKeys) sent.close(oldest);
      sent.open(entry.key, entry.item, nowNs);
    } else {
      const isSame = ports.isSame(slot.value as T, entry.item);
      sent.touch(slot, nowNs);
      if (isSame) {
        ports.coalesce(entry, 'same');
        return;
      }
      slot.value = entry.item;
    }
    ports.emit(entry);
  }

  wake(): void {}

  flush(): void {}

  reset(): void {
    this.sent.clear();
  }
}

/**
 * Lets changes through: an item that says the same as the last one sent for its key is left out.
 *
 * When to use: feeds that repeat a state again and again.
 * Details: equality is the queue owner's `isSame`. Nothing is delayed.
 * Gotchas: "sent" is sent to the queue. If a policy behind drops that item, its repetitions are left out all
 *   the same and the reader keeps the old state until the next change.
 */
export default {
  name: 'distinct',
  stage: 'shaping',
  summary: 'leave out items that repeat the last one sent for their key',
  effects: { coalesces: true, readsKey: true },
  reasons: ['same'],
  params: [maxKeysParam('keys remembered; one more forgets the key that was offered longest ago')],
  create: <T>(params: Params): Shaper<T> => new Distinct<T>(Number(params['maxKeys'])),
  details: {
    rule: 'An item equal to the last one emitted for its key is coalesced as same; any other is emitted at once.',
    guarantees: [
      'order: what is emitted keeps the order of its offers',
      'loss: repetitions alone; every change goes on',
    ],
    prediction:
      'no delay; emissions = changes. If each item repeats the one before with probability p, (1 − p)λ per second',
    bestFor: 'status and presence feeds',
    alsoCalled: [
      { name: 'distinctUntilChanged', where: 'Rx, Kotlin' },
      { name: 'changes', where: 'Effect' },
      { name: 'dedupe', where: 'Clojure and core.async, where it means this' },
    ],
    namingTrap:
      'Rx distinct remembers every item ever seen; this one only the last of each key, as Rx distinctUntilChanged does. Clojure dedupe is this one; dedupe here goes by id.',
    gotchas: [
      'Put a policy behind it that keeps the last value of each key, such as coalesce or block: with a lossy one the reader may keep an old state.',
      'A forgotten key lets one repetition through.',
      'It keeps the last item of each key in memory.',
    ],
  },
} satisfies ShapingDefinition as ShapingDefinition;
