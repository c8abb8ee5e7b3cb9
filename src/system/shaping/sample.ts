import type { Params } from '../strategies/definition.ts';
import { durationNs, maxKeysParam } from './params.ts';
import { type Fold, PeriodShaper } from './period-shaper.ts';
import type { EntryView, Shaper, ShapingDefinition } from './shaper.ts';

const keepLatest: Fold<unknown> = (slots, slot, entry, nowNs, ports) => {
  ports.coalesce(slot.value as EntryView, 'sample', entry);
  slot.value = entry;
  slots.touch(slot, nowNs);
};

const keyOf = (entry: EntryView): EntryView['key'] => entry.key;
const oneForAll = (): string => '';

/**
 * Looks at a stream at fixed intervals: each period ends with the latest item, if there was a new one.
 *
 * When to use: values that change faster than anybody can use them.
 * Details: all keys are sampled at the same moments, on a grid that begins with the first offer.
 * Gotchas: even a lone item waits for the end of its period, T/2 on average.
 */
export default {
  name: 'sample',
  stage: 'shaping',
  summary: 'emit the latest item at the end of each period, if there was one',
  effects: { coalesces: true, delays: true, readsKey: true },
  reasons: ['sample'],
  params: [
    {
      key: 'period',
      name: 'periodMs',
      unit: 'ms',
      min: 0.001,
      default: 100,
      summary: 'time between two samples',
    },
    {
      key: 'scope',
      name: 'scope',
      choices: ['key', 'all'],
      default: 'key',
      summary: 'key keeps the latest item of each key, all one item of the whole stream',
    },
    maxKeysParam('keys held per period; one more emits the item that is held for longest'),
  ],
  create: <T>(params: Params): Shaper<T> =>
    new PeriodShaper<T>(
      durationNs(params, 'periodMs'),
      Number(params['maxKeys']),
      params['scope'] === 'all' ? oneForAll : keyOf,
      keepLatest as Fold<T>,
    ),
  details: {
    rule: 'Within each period the latest item is held, per key or for the whole stream, and those before it are coalesced as sample. At the end of the period it is emitted. A period without an item emits nothing.',
    guarantees: [
      'order: what is emitted keeps the order of its offers',
      'loss: all but the latest of each period; the last value always arrives, at most one period late',
    ],
    prediction: 'Poisson input at λ per key: (1 − e^{−λT})/T emissions per second; delay at most T',
    bestFor: 'metrics, gauges, anything read at intervals',
    alsoCalled: [
      { name: 'sample', where: 'Rx' },
      { name: 'throttleLast', where: 'Rx' },
      { name: 'auditTime', where: 'RxJS, where each period begins with an item' },
    ],
    namingTrap:
      'Rx throttleLast is this one. In statistics, sampling keeps items at random; this one keeps the latest at fixed times.',
    gotchas: [
      'All keys leave at the same moment: the queue behind sees bursts of as many items as there are keys.',
      'scope=all forgets the values of all keys but the last one.',
      'Peaks between two samples are invisible: fold with tumble-count if they matter.',
    ],
  },
} satisfies ShapingDefinition as ShapingDefinition;
