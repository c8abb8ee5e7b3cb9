import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHAPERS } from '../../src/system/shaping/registry.ts';
import type { Params } from '../../src/system/strategies/definition.ts';
import {
  batchModel,
  debounceModel,
  dedupeModel,
  distinctModel,
  leadingModel,
  type Offer,
  paceModel,
  periodModel,
  throttleModel,
  traceOf,
} from './models.ts';
import { makeItem, Stream, stagesOf } from './stream.ts';

const SEED = 4711;
const UNTIL_MS = 80;

/** Offers at whole milliseconds, some of them at the same one. */
const schedule: fc.Arbitrary<Offer[]> = fc
  .array(
    fc.record({
      gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 7 })),
      key: fc.constantFrom('a', 'b', 'c'),
      value: fc.nat({ max: 1 }),
      bytes: fc.nat({ max: 12 }),
    }),
    { maxLength: 24 },
  )
  .map((steps) => {
    let atMs = 0;
    return steps.map(({ gapMs, key, value, bytes }, index) => {
      atMs += gapMs;
      return { atMs, item: makeItem(index + 1, key, { value, bytes }) };
    });
  })
  .filter((offers) => (offers.at(-1)?.atMs ?? 0) < UNTIL_MS - 20);

function playReal(name: keyof typeof SHAPERS, values: Params, offers: readonly Offer[]): string {
  const stream = new Stream(stagesOf(SHAPERS[name], values), { perItemOverheadBytes: 0 });
  for (const { atMs, item } of offers) {
    stream.offerAt(atMs, item);
    expect(stream.channel.ledger().unaccounted).toBe(0);
  }
  stream.runUntil(UNTIL_MS);
  const byTime = Map.groupBy(stream.outputs, ({ atMs }) => atMs);
  return [...byTime]
    .map(([atMs, outputs]) => `${atMs}:${outputs.map(({ item }) => `${item.id}x${item.count}`).join()}`)
    .join(' ');
}

const CASES: [
  name: keyof typeof SHAPERS,
  values: Params,
  makeModel: () => ReturnType<typeof debounceModel>,
][] = [
  ['debounce', { quietMs: 5, maxWaitMs: 13 }, () => debounceModel(5, 13, 99)],
  ['debounce', { quietMs: 5, maxWaitMs: 9, maxKeys: 2 }, () => debounceModel(5, 9, 2)],
  ['debounce', { quietMs: 4, maxWaitMs: 1e9, maxKeys: 1 }, () => debounceModel(4, 1e9, 1)],
  ['debounce', { mode: 'leading', quietMs: 5 }, () => leadingModel(5)],
  ['throttle-latest', { periodMs: 6 }, () => throttleModel(6)],
  ['sample', { periodMs: 6 }, () => periodModel(6, false)],
  ['tumble-count', { windowMs: 9 }, () => periodModel(9, true)],
  ['batch', { maxItems: 4, maxBytes: 30, windowMs: 8 }, () => batchModel(4, 30, 8)],
  ['batch', { maxItems: 99, maxBytes: 12, windowMs: 20 }, () => batchModel(99, 12, 20)],
  ['distinct', {}, () => distinctModel()],
  ['dedupe', { maxIds: 2, windowMs: 9 }, () => dedupeModel(2, 9)],
  ['dedupe', { maxIds: 99, windowMs: 4 }, () => dedupeModel(99, 4)],
  ['pace', { ratePerSec: 250 }, () => paceModel(4, 1)],
  ['pace', { ratePerSec: 200, burstItems: 3 }, () => paceModel(5, 3)],
];

describe('every shaper does what its model does, to the millisecond', () => {
  it.each(CASES)('%s %j', (name, values, makeModel) => {
    fc.assert(
      fc.property(schedule, (offers) => {
        expect(playReal(name, values, offers)).toBe(traceOf(makeModel(), offers, UNTIL_MS));
      }),
      { seed: SEED, numRuns: 150 },
    );
  });
});
