import type { Params } from '../strategies/definition.ts';
import { durationNs, maxKeysParam } from './params.ts';
import { type Fold, PeriodShaper } from './period-shaper.ts';
import type { EntryView, Shaper, ShapingDefinition } from './shaper.ts';

const mergeInto: Fold<unknown> = (_slots, slot, entry, _nowNs, ports) =>
  ports.merge(slot.value as EntryView, entry);

/**
 * Adds up: all items of a key within a window become one.
 *
 * When to use: counters and sums, where the total counts and the single increments do not.
 * Details: windows follow each other without a gap, on a grid that begins with the first offer. `merge` of
 *   the queue's owner says what adding up means; without one the newest item stands for all.
 * Gotchas: an item waits for the end of its window, half of one on average.
 */
export default {
  name: 'tumble-count',
  stage: 'shaping',
  summary: 'fold all items of a key within a window into one',
  effects: { coalesces: true, delays: true, readsKey: true, reorders: 'across-keys' },
  reasons: ['merge'],
  params: [
    {
      key: 'window',
      name: 'windowMs',
      unit: 'ms',
      min: 0.001,
      default: 1000,
      summary: 'length of a window',
    },
    maxKeysParam('keys held per window; one more emits the key that is held for longest'),
  ],
  create: <T>(params: Params): Shaper<T> =>
    new PeriodShaper<T>(
      durationNs(params, 'windowMs'),
      Number(params['maxKeys']),
      (entry) => entry.key,
      mergeInto as Fold<T>,
    ),
  details: {
    rule: 'Within each window the items of a key are folded into the first one with merge, each coalesced as merge. At the end of the window one item per key is emitted, in the order of the keys’ first items; it weighs as much as all that went into it.',
    guarantees: [
      'order: by the first item of each key; a folded item may contain newer offers than the one that follows',
      'loss: none if merge adds up: the sum of weights is conserved',
    ],
    prediction:
      'one item per key and window; with Poisson input at λ per key (1 − e^{−λT})/T per second; delay at most T',
    bestFor: 'counters, warnings, bytes transferred',
    alsoCalled: [
      { name: 'tumbling window', where: 'stream processors' },
      { name: 'conflateWithSeed', where: 'Akka, by demand instead of by time' },
    ],
    namingTrap: null,
    gotchas: [
      'merge must be associative, and for a sum the items must be increments: totals must not be added up.',
      'A folded item counts as the age of its first increment.',
      'All keys leave at the same moment: the queue behind sees bursts of as many items as there are keys.',
      'A folded item that has become larger than the whole queue is dropped as too_large.',
    ],
  },
} satisfies ShapingDefinition as ShapingDefinition;
