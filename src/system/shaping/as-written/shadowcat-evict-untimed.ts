import type { Params } from '../../strategies/definition.ts';
import { KeyedSlots } from '../keyed-slots.ts';
import { durationNs } from '../params.ts';
import type { EntryView, Shaper, ShaperPorts, ShapingDefinition } from '../shaper.ts';

class ForgetfulDedupe<T> implements Shaper<T> {
  readonly wakeAtNs = Number.POSITIVE_INFINITY;
  private readonly maxIds: number;
  private readonly cleanUpNs: number;
  private readonly seen = new KeyedSlots<never>();
  private nextCleanUpNs: number | undefined = undefined;

  constructor(maxIds: number, cleanUpNs: number) {
    this.maxIds = maxIds;
    this.cleanUpNs = cleanUpNs;
  }

  offer(entry: EntryView<T>, nowNs: number, ports: ShaperPorts<T>): void {
    const { seen } = this;
    this.nextCleanUpNs ??= nowNs + this.cleanUpNs;
    if (nowNs >= this.nextCleanUpNs) {
      seen.clear();
      this.nextCleanUpNs = nowNs + this.cleanUpNs;
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
    this.nextCleanUpNs = undefined;
  }
}

/**
 * Wrong on purpose: shadowcat's proposal to evict remembered ids by age, as it was written.
 *
 * It keeps an id only if its event carries a time of its own that is recent. An event stream has no field for
 * that, so no id has one, and each clean-up forgets them all.
 */
export default {
  name: 'as-written/shadowcat-evict-untimed',
  stage: 'shaping',
  specimen: true,
  summary: 'dedupe whose clean-up forgets every id without a time of its own, which is all of them',
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
      key: 'cleanUp',
      name: 'cleanUpMs',
      unit: 'ms',
      min: 0.001,
      default: 10_000,
      summary: 'time between two clean-ups',
    },
  ],
  create: <T>(params: Params): Shaper<T> =>
    new ForgetfulDedupe<T>(Number(params['maxIds']), durationNs(params, 'cleanUpMs')),
  details: {
    rule: 'An item whose key is remembered is coalesced as dedupe, any other is emitted and remembered. Each clean-up forgets all keys, however young.',
    guarantees: [
      'order: what is emitted keeps the order of its offers',
      'loss: repetitions alone, but after each clean-up every id passes once more',
    ],
    prediction: 'duplicates that come more than cleanUp after the first one pass, and some of the others',
    bestFor: 'showing that the checks notice',
    alsoCalled: [],
    namingTrap: null,
    gotchas: ['It works in a short test, before the first clean-up.'],
  },
} satisfies ShapingDefinition as ShapingDefinition;
