import { describe, expect, it } from 'vitest';
import { NS_PER_SEC } from '../../src/core/clock.ts';
import { createRandom } from '../../src/core/random.ts';
import { SHAPERS } from '../../src/system/shaping/registry.ts';
import type { Shaper } from '../../src/system/shaping/shaper.ts';
import type { Params } from '../../src/system/strategies/definition.ts';
import { openProbed, SEED } from './checks.ts';
import type { Emission } from './probe.ts';
import { type Item, makeItem, stagesOf } from './stream.ts';

const BATCHES = 25;
/** Far beyond every schedule. */
const NEVER_MS = 1e9;

/** Plays Poisson arrivals in virtual time; answers the emissions of each of the batches of equal length. */
function simulate(
  name: keyof typeof SHAPERS,
  values: Params,
  ratePerSec: number,
  batchSec: number,
): Emission[][] {
  const { probe, stream } = openProbed(() => stagesOf(SHAPERS[name], values).shapers?.[0] as Shaper<Item>);
  const random = createRandom(SEED, `${name} ${ratePerSec}`);
  const batches: Emission[][] = [];
  let atMs = 0;
  for (let id = 1; batches.length <= BATCHES; id++) {
    atMs += random.exponential(1000 / ratePerSec);
    stream.offerAt(atMs, makeItem(id));
    if (atMs < (batches.length + 1) * batchSec * 1000) continue;
    batches.push(probe.emissions.splice(0));
    stream.outputs.length = 0;
  }
  // The first one is warm-up.
  return batches.slice(1);
}

/** How many standard errors the mean of the batches lies off the prediction. */
function zOf(readings: readonly number[], prediction: number): number {
  const mean = meanOf(readings);
  const variance = readings.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (readings.length - 1);
  return (mean - prediction) / Math.sqrt(variance / readings.length);
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const sec = (ns: number): number => ns / NS_PER_SEC;

describe('what theory says of Poisson input', () => {
  it.each([50, 100])('debounce with a quiet time of %d ms and no longest wait', (quietMs) => {
    const ratePerSec = 20;
    const batchSec = 150;
    const exponent = (ratePerSec * quietMs) / 1000;
    const batches = simulate('debounce', { quietMs, maxWaitMs: NEVER_MS }, ratePerSec, batchSec);
    const rates = batches.map((emissions) => emissions.length / batchSec);
    const waits = batches.map((emissions) =>
      meanOf(emissions.map(({ atNs, sinceNs }) => sec(atNs - sinceNs))),
    );
    expect(Math.abs(zOf(rates, ratePerSec * Math.exp(-exponent)))).toBeLessThan(4);
    expect(Math.abs(zOf(waits, Math.expm1(exponent) / ratePerSec))).toBeLessThan(4);
    // The same readings refute a prediction that is ten per cent off.
    expect(Math.abs(zOf(rates, 1.1 * ratePerSec * Math.exp(-exponent)))).toBeGreaterThan(4);
    expect(Math.abs(zOf(waits, (1.1 * Math.expm1(exponent)) / ratePerSec))).toBeGreaterThan(4);
  });

  it('batch opened by its first item: delay, size and number of batches', () => {
    const [ratePerSec, windowSec, batchSec] = [50, 0.1, 40];
    const load = ratePerSec * windowSec;
    const values = { windowMs: windowSec * 1000, maxItems: 1e6, maxBytes: 1e9 };
    const batches = simulate('batch', values, ratePerSec, batchSec);
    const framesOf = (emissions: Emission[]): number => new Set(emissions.map(({ atNs }) => atNs)).size;
    const delays = batches.map((emissions) =>
      meanOf(emissions.map(({ atNs, offeredNs }) => sec(atNs - offeredNs))),
    );
    const sizes = batches.map((emissions) => emissions.length / framesOf(emissions));
    const frames = batches.map((emissions) => framesOf(emissions) / batchSec);
    expect(Math.abs(zOf(delays, (windowSec * (1 + load / 2)) / (1 + load)))).toBeLessThan(4);
    expect(Math.abs(zOf(sizes, 1 + load))).toBeLessThan(4);
    expect(Math.abs(zOf(frames, ratePerSec / (1 + load)))).toBeLessThan(4);
    // A free-running window would delay by half of it; its batches would have λW items.
    expect(Math.abs(zOf(delays, windowSec / 2))).toBeGreaterThan(4);
    expect(Math.abs(zOf(sizes, load))).toBeGreaterThan(4);
  });

  it.each([
    ['sample', { periodMs: 100 }],
    ['tumble-count', { windowMs: 100 }],
  ] as const)('%s: one item per period that had any', (name, values) => {
    const [ratePerSec, periodSec, batchSec] = [20, 0.1, 100];
    const batches = simulate(name, values, ratePerSec, batchSec);
    const rates = batches.map((emissions) => emissions.length / batchSec);
    const prediction = -Math.expm1(-ratePerSec * periodSec) / periodSec;
    expect(Math.abs(zOf(rates, prediction))).toBeLessThan(4);
    expect(Math.abs(zOf(rates, 1.05 * prediction))).toBeGreaterThan(4);
  });

  it('debounce starves at 20 updates per second and 300 ms, 20 s by theory; maxWait ends that', () => {
    const waitsOf = (values: Params): number[] =>
      simulate('debounce', values, 20, 40)
        .flat()
        .map(({ atNs, sinceNs }) => sec(atNs - sinceNs));
    expect(meanOf(waitsOf({ maxWaitMs: NEVER_MS }))).toBeGreaterThan(10);
    const bounded = waitsOf({});
    expect(Math.max(...bounded)).toBe(2);
    expect(meanOf(bounded)).toBeGreaterThan(1.5);
  });
});
