import { describe, expect, it } from 'vitest';
import { SHAPERS } from '../../src/system/shaping/registry.ts';
import type { ShapingDefinition } from '../../src/system/shaping/shaper.ts';
import type { Params } from '../../src/system/strategies/definition.ts';
import { makeItem, Stream, stagesOf } from './stream.ts';

/** Seven items of two keys. 4 says the same as 3, 5 as 2, 7 as 6; the last comes after twelve seconds. */
function playGolden(definition: ShapingDefinition, values: Params = {}): Stream {
  const stream = new Stream(stagesOf(definition, values));
  stream.offerAt(0, makeItem(1, 'a'));
  stream.offerAt(10, makeItem(2, 'b'));
  stream.offerAt(40, makeItem(3, 'a'), makeItem(4, 'a', { value: 3 }));
  stream.offerAt(160, makeItem(5, 'b', { value: 2 }));
  stream.offerAt(430, makeItem(6, 'a'));
  stream.offerAt(12_000, makeItem(7, 'a', { value: 6 }));
  stream.runUntil(20_000);
  return stream;
}

/** What comes out at which millisecond with all defaults, and what is coalesced. */
const GOLDEN: [name: keyof typeof SHAPERS, values: Params, trace: string, coalesced: object][] = [
  ['debounce', {}, '340:4 460:5 730:6 12300:7', { debounce: 3 }],
  ['debounce', { mode: 'leading' }, '0:1 10:2 430:6 12000:7', { debounce: 3 }],
  ['throttle-latest', {}, '0:1 10:2 100:4 160:5 430:6 12000:7', { sample: 1 }],
  ['sample', {}, '100:2,4 200:5 500:6 12100:7', { sample: 2 }],
  ['sample', { scope: 'all' }, '100:4 200:5 500:6 12100:7', { sample: 3 }],
  ['batch', {}, '50:1,2,3,4 210:5 480:6 12050:7', {}],
  ['tumble-count', {}, '1000:6,5 13000:7', { merge: 4 }],
  ['distinct', {}, '0:1 10:2 40:3 430:6', { same: 3 }],
  ['dedupe', {}, '0:1 10:2', { dedupe: 5 }],
  ['pace', {}, '0:1 10:2 40:3 50:4 160:5 430:6 12000:7', {}],
  ['as-written/ironstar-debounce', {}, '600:5 750:6 12300:7', { debounce: 4 }],
  ['as-written/ironstar-batch', {}, '15000:1,2,3,4,5,6,7', {}],
  ['as-written/shadowcat-evict-untimed', {}, '0:1 10:2 12000:7', { dedupe: 4 }],
];

describe('the golden stream', () => {
  it.each(GOLDEN)('%s %j', (name, values, trace, coalesced) => {
    const stream = playGolden(SHAPERS[name], values);
    expect(stream.trace).toBe(trace);
    expect(stream.channel.ledger()).toMatchObject({ offered: 7, coalesced, queued: 0, unaccounted: 0 });
  });

  it('covers every shaper of the registry', () => {
    expect(new Set(GOLDEN.map(([name]) => name))).toEqual(new Set(Object.keys(SHAPERS)));
  });

  it('tells every two shapers apart (P8)', () => {
    const traces = GOLDEN.map(([name, values]) => playGolden(SHAPERS[name], values).trace);
    expect(new Set(traces).size).toBe(GOLDEN.length);
  });
});
