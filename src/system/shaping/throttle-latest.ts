import type { Params } from '../strategies/definition.ts';
import { DueEntries } from './due-entries.ts';
import { KeyedSlots, type Slot } from './keyed-slots.ts';
import { durationNs, maxKeysParam } from './params.ts';
import type { EntryView, Shaper, ShaperPorts, ShapingDefinition } from './shaper.ts';

/** A slot is touched by each emission of its key and holds what came since; it closes with an empty period. */
class ThrottleLatest<T> implements Shaper<T> {
  private readonly periodNs: number;
  private readonly maxKeys: number;
  private readonly slots = new KeyedSlots<EntryView<T>>();
  private readonly due = new DueEntries<T>();
  private held = 0;

  constructor(periodNs: number, maxKeys: number) {
    this.periodNs = periodNs;
    this.maxKeys = maxKeys;
  }

  get wakeAtNs(): number {
    const oldest = this.slots.longestUntouched;
    if (oldest === undefined || this.held === 0) return Number.POSITIVE_INFINITY;
    return oldest.touchedNs + this.periodNs;
  }

  offer(entry: EntryView<T>, nowNs: number, ports: ShaperPorts<T>): void {
    this.wake(nowNs, ports);
    const { slots } = this;
    const slot = slots.get(entry.key);
    if (slot === undefined) {
      if (slots.size >= this.maxKeys) this.forgetOldest(ports);
      slots.open(entry.key, undefined, nowNs);
      ports.emit(entry);
      return;
    }
    if (slot.value === undefined) this.held++;
    else ports.coalesce(slot.value, 'sample', entry);
    slot.value = entry;
  }

  wake(nowNs: number, ports: ShaperPorts<T>): void {
    const { slots } = this;
    for (
      let slot = slots.longestUntouched;
      slot !== undefined && slot.touchedNs + this.periodNs <= nowNs;
      slot = slots.longestUntouched
    ) {
      if (slot.value === undefined) slots.close(slot);
      else {
        this.due.add(this.takeHeld(slot));
        slots.touch(slot, nowNs);
      }
    }
    this.due.emit(ports);
  }

  flush(_nowNs: number, ports: ShaperPorts<T>): void {
    for (let slot = this.slots.longestUntouched; slot !== undefined; slot = this.slots.longestUntouched) {
      if (slot.value !== undefined) this.due.add(this.takeHeld(slot));
      this.slots.close(slot);
    }
    this.due.emit(ports);
  }

  reset(): void {
    this.slots.clear();
    this.held = 0;
  }

  private takeHeld(slot: Slot<EntryView<T>>): EntryView<T> {
    const entry = slot.value as EntryView<T>;
    slot.value = undefined;
    this.held--;
    return entry;
  }

  private forgetOldest(ports: ShaperPorts<T>): void {
    const slot = this.slots.longestUntouched;
    if (slot === undefined) return;
    if (slot.value !== undefined) this.due.add(this.takeHeld(slot));
    this.slots.close(slot);
    this.due.emit(ports);
  }
}

/**
 * Shows a change at once and then at most one per period, always the latest.
 *
 * When to use: a value that people watch: the first change is immediate and the last one always arrives.
 * Details: the next period begins with the emission, also a late one: there are never two within a period.
 * Gotchas: the item that ends a burst waits for up to a period.
 */
export default {
  name: 'throttle-latest',
  stage: 'shaping',
  summary: 'emit the first item of a key at once, then the latest once per period',
  effects: { coalesces: true, delays: true, readsKey: true, reorders: 'across-keys' },
  reasons: ['sample'],
  params: [
    {
      key: 'period',
      name: 'periodMs',
      unit: 'ms',
      min: 0.001,
      default: 100,
      summary: 'least time between two items of the same key',
    },
    maxKeysParam(
      'keys remembered; one more makes the key whose period began first give up its item and be forgotten',
    ),
  ],
  create: <T>(params: Params): Shaper<T> =>
    new ThrottleLatest<T>(durationNs(params, 'periodMs'), Number(params['maxKeys'])),
  details: {
    rule: 'The first item of a key is emitted at once. For one period after each emission the latest item of the key is held, and those before it are coalesced as sample. At the end of the period the held item is emitted and the next period begins; a period without an item ends the series.',
    guarantees: [
      'order: kept within a key; an item emitted at once may overtake held items of other keys',
      'loss: items between the first and the latest of a period; the last value always arrives',
    ],
    prediction:
      'at most 1/T items per second and key; an isolated item is not delayed, any other by at most T; under steady overload, λT much above 1, exactly 1/T',
    bestFor: 'cursors, progress, gauges: user interfaces that follow a value',
    alsoCalled: [
      { name: 'throttleLatest', where: 'Rx' },
      { name: 'TIME_BASED_FILTER', where: 'DDS, per instance' },
      { name: 'throttle', where: 'lodash, with leading and trailing on, which is its default' },
    ],
    namingTrap:
      'throttle alone means several things: Rx throttleFirst never shows the last value, Rx throttleLast is sample here, lodash throttle is this one.',
    gotchas: [
      'A late timer moves the next period: the rate is a bit under 1/T, never above.',
      'It bounds the rate of a key, not of the queue: with n busy keys up to n/T items per second go on.',
      'Ids go back where a new key overtakes a held item: report the id before the oldest held one, not the last one sent.',
    ],
  },
} satisfies ShapingDefinition as ShapingDefinition;
