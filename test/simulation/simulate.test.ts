import { describe, expect, it } from 'vitest';
import { createRandom } from '../../src/core/random.ts';
import { stage, strategyOf } from '../../src/simulation/gates/gate.ts';
import { createGaps, createService } from '../../src/simulation/laws.ts';
import type { Batch } from '../../src/simulation/meter.ts';
import type { SimulationPlan } from '../../src/simulation/plan.ts';
import { REAL_TOOLS, simulate } from '../../src/simulation/simulate.ts';

const SEED = 4711;
const PLAN: SimulationPlan = {
  seed: SEED,
  strategy: strategyOf('unbounded', 100),
  arrivals: { law: 'poisson', perSec: 800 },
  service: { law: 'exponential', perSec: 1000 },
  offers: 11_000,
  batches: 20,
};

const total = (batches: readonly Batch[], column: (batch: Batch) => number): number =>
  batches.reduce((sum, batch) => sum + column(batch), 0);

/** Waits by Kiefer and Wolfowitz's recursion: when each server is free again, earliest first. No channel, no clock. */
function recurseWaits(plan: SimulationPlan): number[] {
  const { seed, arrivals, service, offers, servers = 1 } = plan;
  const gap = createGaps(arrivals, createRandom(seed, 'arrivals'));
  const draw = createService(service as NonNullable<typeof service>, createRandom(seed, 'service'));
  const freeNs = new Array<number>(servers).fill(0);
  let nowNs = 0;
  return Array.from({ length: offers }, (_, item) => {
    nowNs += gap();
    const startNs = Math.max(nowNs, freeNs[0] as number);
    freeNs[0] = startNs + draw(item);
    freeNs.sort((a, b) => a - b);
    return startNs - nowNs;
  });
}

describe('a simulation around a real channel', () => {
  it.each([1, 3])('waits exactly as the recursion of %d servers says, to the nanosecond', (servers) => {
    const plan = { ...PLAN, servers, arrivals: { ...PLAN.arrivals, perSec: 800 * servers } };
    const sojourns: number[] = [];
    simulate({ ...plan, onSojourn: (sojournNs) => sojourns.push(sojournNs) });
    const service = createService({ law: 'exponential', perSec: 1000 }, createRandom(SEED, 'service'));
    const expected = recurseWaits(plan).map((waitNs, item) => waitNs + service(item));
    expect(sojourns.sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
  });

  it('integrates the depth to the sum of the waits, the rest at the edges', () => {
    const { batches } = simulate(PLAN);
    const area = total(batches, (batch) => batch.depthArea);
    expect(total(batches, (batch) => batch.waitNs) / area).toBeCloseTo(1, 2);
    const serving =
      total(batches, (batch) => batch.servingArea) / total(batches, (batch) => batch.durationNs);
    expect(serving).toBeCloseTo(0.8, 1);
  });

  it('ages as a saw: one item a second, served in half a second', () => {
    const { batches } = simulate({
      ...PLAN,
      arrivals: { law: 'fixed', perSec: 1 },
      service: { law: 'fixed', perSec: 2 },
      offers: 220,
    });
    const meanNs = total(batches, (batch) => batch.ageArea) / total(batches, (batch) => batch.durationNs);
    expect(meanNs).toBeCloseTo(1e9, -1);
  });

  it('wakes shapers at their own time, between arrivals', () => {
    const { batches } = simulate({
      ...PLAN,
      strategy: strategyOf('drop-newest', 1000, stage('shaping', 'batch', { windowMs: 250 })),
      arrivals: { law: 'fixed', perSec: 10 },
      service: null,
      offers: 660,
    });
    // Batches of three open every 300 ms and close 250 ms later: delays 250, 150 and 50 ms.
    expect(total(batches, (batch) => batch.taken) / total(batches, (batch) => batch.frames)).toBeCloseTo(
      3,
      9,
    );
    expect(total(batches, (batch) => batch.waitNs) / total(batches, (batch) => batch.taken)).toBeCloseTo(
      150e6,
      0,
    );
  });

  it('gives each strategy the same arrivals: what one of them draws does not shift the rest', () => {
    const arrivalsOf = (overflow: string) =>
      simulate({ ...PLAN, strategy: strategyOf(overflow, 4) }).batches.map((batch) => batch.durationNs);
    expect(arrivalsOf('drop-oldest')).toEqual(arrivalsOf('drop-newest'));
  });

  it('repeats itself exactly with one seed, and not with another', () => {
    const first = simulate(PLAN);
    expect(simulate(PLAN)).toEqual(first);
    expect(simulate({ ...PLAN, seed: SEED + 1 }).digest).not.toBe(first.digest);
  });

  it('serves everything that is left to the last item, held ones included', () => {
    const { ledger, ledgerProblem } = simulate({
      ...PLAN,
      strategy: strategyOf('drop-oldest', 8, stage('shaping', 'debounce')),
      arrivals: { law: 'poisson', perSec: 800, keys: 50 },
    });
    expect(ledgerProblem).toBeUndefined();
    expect(ledger).toMatchObject({ queued: 0, inFlight: 0, blocked: 0, unaccounted: 0, offered: 11_000 });
    expect(ledger.coalesced['debounce']).toBeGreaterThan(0);
  });

  it.each<[string, Partial<SimulationPlan>, Parameters<typeof simulate>[1]]>([
    ['items unaccounted', { strategy: strategyOf('as-written/ironstar-drop-oldest', 1) }, undefined],
    [
      'served, \\d+ counted',
      {},
      {
        ...REAL_TOOLS,
        buildChannel(spec, options, random) {
          const channel = REAL_TOOLS.buildChannel(spec, options, random);
          const deliver = channel.delivered.bind(channel);
          let count = 0;
          return Object.assign(channel, {
            delivered: (item: number) => (count++ === 2500 ? channel.failed(item, 'closed') : deliver(item)),
          });
        },
      },
    ],
  ])('says what does not add up: %s', (words, change, tools) => {
    expect(simulate({ ...PLAN, ...change }, tools).ledgerProblem).toMatch(new RegExp(words));
  });

  it('refuses fewer than 20 batches', () => {
    expect(() => simulate({ ...PLAN, batches: 19 })).toThrow(RangeError);
  });
});
