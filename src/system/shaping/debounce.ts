import type { Params } from '../strategies/definition.ts';
import { LeadingDebounce } from './leading-debounce.ts';
import { durationNs, maxKeysParam } from './params.ts';
import type { Shaper, ShapingDefinition } from './shaper.ts';
import { TrailingDebounce } from './trailing-debounce.ts';

/**
 * Waits for a pause: of a burst of items with the same key, one goes on.
 *
 * When to use: bursts of edits to the same thing, of which only the result counts.
 * Details: `trailing` emits the last item of a burst, `leading` the first. `maxWait` ends a burst that does
 *   not end by itself; it is there for `trailing` alone.
 * Gotchas: without `maxWait` the delay grows exponentially with the rate, (e^{λq} − 1)/λ: 20 updates per
 *   second and a quiet time of 300 ms mean 20 s.
 */
export default {
  name: 'debounce',
  stage: 'shaping',
  summary: 'emit one item per key once the key has been quiet for a while',
  effects: { coalesces: true, delays: true, readsKey: true, reorders: 'across-keys' },
  reasons: ['debounce'],
  params: [
    {
      key: 'mode',
      name: 'mode',
      choices: ['trailing', 'leading'],
      default: 'trailing',
      summary: 'trailing emits the last item after the pause, leading the first one at once',
    },
    {
      key: 'quiet',
      name: 'quietMs',
      unit: 'ms',
      min: 0.001,
      default: 300,
      summary: 'time without an item of the key that ends a burst',
    },
    {
      key: 'maxWait',
      name: 'maxWaitMs',
      unit: 'ms',
      min: 0.001,
      default: 2000,
      summary: 'longest wait after the first item of a burst; trailing only',
    },
    maxKeysParam(
      'keys remembered; one more emits the item that is held for longest, or with leading forgets a key',
    ),
  ],
  findProblem: ({ mode, quietMs, maxWaitMs }) =>
    mode === 'trailing' && Number(maxWaitMs) < Number(quietMs)
      ? `maxWait must be at least quiet, or no pause ever counts; got maxWait ${maxWaitMs}ms and quiet ${quietMs}ms`
      : undefined,
  create: <T>(params: Params): Shaper<T> => {
    const quietNs = durationNs(params, 'quietMs');
    const maxKeys = Number(params['maxKeys']);
    return params['mode'] === 'leading'
      ? new LeadingDebounce<T>(quietNs, maxKeys)
      : new TrailingDebounce<T>(quietNs, durationNs(params, 'maxWaitMs'), maxKeys);
  },
  details: {
    rule: 'trailing: the last item of a key is emitted once the key has been without one for quiet, and at the latest maxWait after the first item of the burst; the items before it are coalesced as debounce. leading: the first item is emitted at once and all others of the key are coalesced until it has been quiet.',
    guarantees: [
      'order: kept within a key; an emission forced by maxWait may overtake older items of other keys',
      'loss: every item of a burst but one is coalesced; trailing keeps the last value, leading loses it',
    ],
    prediction:
      'Poisson input at λ per key, quiet q, no maxWait: emissions λe^{−λq} per second; first item to emission (e^{λq} − 1)/λ. maxWait bounds that delay.',
    bestFor: 'text fields, sliders, bursts of updates to one record',
    alsoCalled: [
      { name: 'EventDebouncer', where: 'ironstar, which calls quiet the grace period' },
      { name: 'throttleWithTimeout', where: 'Rx' },
      { name: 'debounceTime', where: 'RxJS' },
    ],
    namingTrap:
      'Rx throttleWithTimeout is a debounce. What others call throttle lets items through at a steady pace; debounce waits for a pause.',
    gotchas: [
      'A key that is updated all the time is emitted only every maxWait: choose it as the greatest age you can bear.',
      'leading never shows the last value, and of a key that never pauses only the first: use throttle-latest to follow a value.',
      'When maxWait forces an item out, older items of other keys may still be held: report the id before the oldest held one, not the last one sent.',
      'Not for orders, payments or anything else where each item counts.',
    ],
  },
} satisfies ShapingDefinition as ShapingDefinition;
