import type { Key } from '../../channel/entry.ts';
import type { Params } from '../../strategies/definition.ts';
import { durationNs } from '../params.ts';
import type { EntryView, Shaper, ShaperPorts, ShapingDefinition } from '../shaper.ts';

/** The sketch's map of pending events: by key the last one and when it came. */
class PollingDebounce<T> implements Shaper<T> {
  wakeAtNs = Number.POSITIVE_INFINITY;
  private readonly graceNs: number;
  private readonly pollNs: number;
  private readonly pending = new Map<Key, { readonly entry: EntryView<T>; readonly atNs: number }>();

  constructor(graceNs: number) {
    this.graceNs = graceNs;
    this.pollNs = Math.max(1, Math.round(graceNs / 2));
  }

  offer(entry: EntryView<T>, nowNs: number, ports: ShaperPorts<T>): void {
    const before = this.pending.get(entry.key);
    if (before !== undefined) ports.coalesce(before.entry, 'debounce', entry);
    this.pending.set(entry.key, { entry, atNs: nowNs });
    if (this.wakeAtNs === Number.POSITIVE_INFINITY) this.setPoll(nowNs);
  }

  wake(nowNs: number, ports: ShaperPorts<T>): void {
    this.emitAll(
      [...this.pending.keys()].filter((key) => nowNs - (this.pending.get(key)?.atNs ?? 0) >= this.graceNs),
      ports,
    );
    this.setPoll(nowNs);
  }

  flush(_nowNs: number, ports: ShaperPorts<T>): void {
    this.emitAll([...this.pending.keys()], ports);
    this.wakeAtNs = Number.POSITIVE_INFINITY;
  }

  reset(): void {
    this.pending.clear();
    this.wakeAtNs = Number.POSITIVE_INFINITY;
  }

  private setPoll(nowNs: number): void {
    this.wakeAtNs =
      this.pending.size === 0 ? Number.POSITIVE_INFINITY : nowNs + this.pollNs - (nowNs % this.pollNs);
  }

  private emitAll(keys: Key[], ports: ShaperPorts<T>): void {
    for (const key of keys.sort((a, b) => hash(a) - hash(b))) {
      const slot = this.pending.get(key);
      this.pending.delete(key);
      if (slot !== undefined) ports.emit(slot.entry);
    }
  }
}

/** FNV-1a, which stands for the order of a hash map: that of the keys, whatever came first. */
function hash(key: Key): number {
  let value = 0x811c9dc5;
  for (const letter of String(key)) {
    value = Math.imul(value ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return value;
}

/**
 * Wrong on purpose: ironstar's sketch of a debouncer as it was written.
 *
 * It looks at its map every half grace period, at fixed times of the clock, and emits what has been quiet in
 * the order of the map. That the first lag of its input ends it for good is a matter of the feed: `sse.onLag: end`.
 */
export default {
  name: 'as-written/ironstar-debounce',
  stage: 'shaping',
  specimen: true,
  summary: 'debounce by polling: no longest wait, no bound on keys, ids out of order',
  effects: { coalesces: true, delays: true, readsKey: true, reorders: 'across-keys' },
  reasons: ['debounce'],
  params: [
    {
      key: 'grace',
      name: 'graceMs',
      unit: 'ms',
      min: 0.001,
      default: 300,
      summary: 'time without an item of the key before it is emitted',
    },
  ],
  create: <T>(params: Params): Shaper<T> => new PollingDebounce<T>(durationNs(params, 'graceMs')),
  details: {
    rule: 'Every grace/2 each key without an item for grace emits its last one, in the order of a hash map; the items before are coalesced as debounce.',
    guarantees: [
      'order: kept within a key; keys that are due together leave in any order',
      'loss: a reader that resumes after the last id it saw misses what was held below that id',
    ],
    prediction:
      'delay of a lone item grace to 1.5·grace. Poisson input at λ per key: first item to emission (e^{λq} − 1)/λ and more, at 20 per second and 300 ms 20 s; memory grows with the number of keys',
    bestFor: 'showing that the checks notice',
    alsoCalled: [],
    namingTrap: null,
    gotchas: [
      'A key that is updated more often than every grace is not seen until it pauses.',
      'With ids 1 to 10 sent and 7 of them pending, a reader that resumes at 10 loses 7.',
    ],
  },
} satisfies ShapingDefinition as ShapingDefinition;
