import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Clock, createVirtualClock } from '../../src/core/clock.ts';
import type { Admission, AdmissionDefinition, ItemEnd } from '../../src/system/admission/admission.ts';
import { ADMISSIONS } from '../../src/system/admission/registry.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { defaultsOf, type Params } from '../../src/system/strategies/definition.ts';
import { Lane, make, SEED } from '../admission/lane.ts';

const ALL = Object.values<AdmissionDefinition>(ADMISSIONS);
const SOUND = ALL.filter((definition) => !definition.specimen);

const REASONS = ['rate', 'concurrency', 'level', 'breaker', 'deadline', 'memory'].map(
  (word) => `admission.${word}`,
);

/** Small enough to act within a few items. A stage without a row plays with its defaults. */
const SMALL: Record<string, Params> = {
  'token-bucket': { ratePerSec: 50, burstItems: 5 },
  'concurrency-static': { limitItems: 8 },
  aimd: { startItems: 9, minItems: 2, maxItems: 20 },
  vegas: { startItems: 9, maxItems: 20 },
  gradient2: { startItems: 9, minItems: 2, maxItems: 20 },
  breaker: { windowCount: 4, failureShare: 0.5, openMs: 50, probeCount: 2 },
  deadline: { deadlineMs: 25 },
  'mem-reserve': { totalBytes: 900, queueBytes: 700 },
  'service-level': { limitItems: 12, limitBytes: 10_000, dwellMs: 100 },
  'conn-limit': { limitQueues: 1 },
  'as-written/shadowcat-admission': { limitItems: 8 },
  'as-written/shadowcat-memory-check': { totalBytes: 900 },
  'as-written/shadowcat-levels': { limitItems: 12 },
  'as-written/shadowcat-gauge': { limitItems: 8 },
};

describe.each(ALL)('admission stage $name tells of itself', (definition) => {
  it('what it takes, with defaults in range that make sense together', () => {
    for (const param of definition.params) {
      if ('choices' in param) expect(param.choices).toContain(param.default);
      else {
        expect(param.default).toBeGreaterThanOrEqual(param.min);
        expect(param.default).toBeLessThanOrEqual(param.max ?? Number.POSITIVE_INFINITY);
      }
    }
    for (const word of ['key', 'name'] as const) {
      const words = definition.params.map((param) => param[word]);
      expect(new Set(words).size).toBe(words.length);
    }
    expect(definition.findProblem?.(defaultsOf(definition))).toBeUndefined();
  });

  it('for which reasons it refuses, and that it drops', () => {
    expect(definition.reasons.length).toBeGreaterThan(0);
    for (const reason of definition.reasons) expect(REASONS).toContain(reason);
    expect(definition.effects.drops).toBe(true);
    expect(definition.specimen ?? false).toBe(definition.name.startsWith('as-written/'));
  });
});

type Step = { do: string; lane: number; n: number; size: number; class: number };

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom(
    'offer',
    'offer',
    'offer',
    'take',
    'take',
    'deliver',
    'fail',
    'advance',
    'back',
    'cancel',
    'discard',
  ),
  lane: fc.nat({ max: 1 }),
  n: fc.integer({ min: 1, max: 12 }),
  size: fc.integer({ min: 0, max: 300 }),
  class: fc.nat({ max: 3 }),
});

/** Notes what a stage is told, and stops the test where it is told what cannot be. */
function watched(stage: Admission): { stage: Admission; counts: { under: number; ends: ItemEnd[] } } {
  const counts = { under: 0, ends: [] as ItemEnd[] };
  const admitted = new Set<number>();
  const spy: Admission = {
    admit(entry, load, nowNs) {
      const reason = stage.admit(entry, load, nowNs);
      if (reason === undefined) {
        counts.under++;
        admitted.add(entry.seq);
      }
      return reason;
    },
    onWithdraw: (entry, load, nowNs) => stage.onWithdraw?.(entry, load, nowNs),
    onResize: (entry, before, load, nowNs) => stage.onResize?.(entry, before, load, nowNs),
    onEnd(entry, end, rttNs, load, nowNs) {
      if (!admitted.delete(entry.seq))
        throw new Error(`item ${entry.seq} ended twice, or was never admitted`);
      if (!(rttNs >= 0)) throw new Error(`round trip of ${rttNs} ns`);
      counts.under--;
      counts.ends.push(end);
      if (load.pendingItems < 0) throw new Error('less than nothing under way');
      stage.onEnd?.(entry, end, rttNs, load, nowNs);
    },
    onOpen: (load) => stage.onOpen?.(load),
    onLeave: (load) => stage.onLeave?.(load),
  };
  return { stage: spy, counts };
}

describe.each(SOUND)('admission stage $name in a channel', (definition) => {
  it.each(['drop-newest', 'drop-oldest', 'block'] as const)(
    'in front of %s: every item ends once, refusals have its reasons, and all is given back',
    async (overflow) => {
      const property = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
        const clock = createVirtualClock();
        let backNs = 0;
        const unsteady: Clock = {
          nowNs: () => clock.nowNs() - backNs,
          setTimer: (atNs, onTime) => clock.setTimer(atNs + backNs, onTime),
        };
        const shared = make(definition, SMALL[definition.name]);
        const lanes = [0, 1].map(() => {
          const { stage, counts } = watched(
            definition.scope === 'boundary' ? shared : make(definition, SMALL[definition.name]),
          );
          const lane = new Lane(stage, {
            overflow: OVERFLOW_POLICIES[overflow],
            capacityItems: 6,
            clock: unsteady,
          });
          return { lane, counts, aborts: [] as AbortController[], offers: [] as unknown[] };
        });
        for (const { do: what, lane: index, n, size, class: klass } of steps) {
          const one = lanes[index] as (typeof lanes)[number];
          const { lane } = one;
          if (what === 'offer') {
            for (let i = 0; i < n; i++) {
              const abort = new AbortController();
              one.aborts.push(abort);
              one.offers.push(lane.channel.offer({ size, class: klass }, abort.signal));
            }
          } else if (what === 'take') lane.take(n);
          else if (what === 'deliver' || what === 'fail')
            lane.end(what === 'fail' ? 'failed' : 'delivered', Math.min(n, lane.flying.length));
          else if (what === 'advance') clock.advanceNs(n * 7_000_001);
          else if (what === 'back') backNs = backNs > 0 ? 0 : n * 5e6;
          else if (what === 'cancel') one.aborts.splice(0, n).forEach((abort) => void abort.abort());
          else if (n === 1) lane.channel.discardQueued('shutdown');
          for (const { lane: each, counts } of lanes) {
            expect(each.unaccounted).toBe(0);
            expect(each.pending).toBe(counts.under);
          }
        }
        const allowed = [
          ...definition.reasons,
          'overflow.drop-newest',
          'overflow.drop-oldest',
          'cancelled',
          'shutdown',
        ];
        for (const { lane, counts, offers } of lanes) {
          for (const reason of Object.keys(lane.channel.ledger().dropped)) expect(allowed).toContain(reason);
          lane.channel.close();
          lane.drain();
          await Promise.all(offers);
          expect([lane.pending, counts.under, lane.unaccounted]).toEqual([0, 0, 0]);
        }
        // Long after, what is shared is as good as new.
        clock.advanceNs(3600e9);
        backNs = 0;
        if (definition.scope === 'boundary') {
          expect(new Lane(shared, { clock }).offer(3, { size: 100, class: 0 })).toBe('AAA');
        }
      });
      await fc.assert(property, { seed: SEED, numRuns: 12 });
    },
  );

  it('is no other for having been withdrawn from', () => {
    let isShut = true;
    const gate: Admission = { admit: () => (isShut ? 'admission.level' : undefined) };
    const [tried, fresh] = [
      make(definition, SMALL[definition.name]),
      make(definition, SMALL[definition.name]),
    ];
    const [after, alone] = [new Lane([tried, gate]), new Lane([fresh, gate])];
    expect(after.offer(200, { size: 50 })).toBe('r'.repeat(200));
    isShut = false;
    for (const lane of [after, alone]) lane.offer(30, { size: 50 });
    expect(after.pending).toBe(alone.pending);
    expect(tried.level).toBe(fresh.level);
  });
});

/**
 * A burst of 12 items of 100 bytes and three classes; a steady time in which one ends and one comes every
 * 10 ms, with four failures on the way; one item of 2000 bytes; a second queue; and a burst after a rest.
 */
function playGolden(definition: AdmissionDefinition): string {
  const stage = make(definition, SMALL[definition.name]);
  const clock = createVirtualClock();
  const lane = new Lane(stage, { clock });
  const parts: string[] = [];
  const note = (letters: string): void =>
    void parts.push(`${letters}${Math.round((stage.level ?? 0) * 10) / 10}`);
  const burst = (target: Lane): string => {
    let letters = '';
    for (let i = 0; i < 12; i++) letters += target.offer(1, { size: 100, class: i % 3 });
    return letters;
  };
  note(burst(lane));
  let letters = '';
  for (let i = 0; i < 20; i++) {
    lane.take();
    lane.advanceMs(10);
    lane.end(i >= 8 && i < 12 ? 'failed' : 'delivered');
    letters += lane.offer(1, { size: 100, class: i % 3 });
  }
  note(letters);
  note(lane.offer(1, { size: 2000, class: 0 }));
  note(burst(new Lane(stage, { clock })).slice(0, 4));
  lane.drain();
  lane.advanceMs(1000);
  note(burst(lane));
  expect(lane.unaccounted).toBe(0);
  return parts.join(' ');
}

describe('golden trace', () => {
  /** After each part what the stage says of itself: its limit, level, tokens or bytes. */
  const GOLDEN: Record<string, string> = {
    'token-bucket': 'AAAAArrrrrrr0 rArArArArArArArArArA0 r0 rrrr0 AAAAArrrrrrr0',
    'concurrency-static': 'AAAAAAAArrrr8 AAAAAAAAAAAAAAAAAAAA8 r8 AAAA8 AAAAAAAArrrr8',
    aimd: 'AAAAAAAAArrr9 AAAAAAAAAAAAAAAAAAAA17 A17 AAAA17 AAAAAAAAAAAA19',
    vegas: 'AAAAAAAAArrr9 AArArAArrrrrAAAAAAAA5 A5 AAAA5 AAAAAAAAAAAr11',
    gradient2: 'AAAAAAAAArrr9 AAAAAAAAAAAAAAAAAAAA17 A17 AAAA17 AAAAAAAAAAAA18',
    breaker: 'AAAAAAAAAAAA0 AAAAAAAAArrrrrAArrrr1 r1 rrrr1 AAAAAAAAAAAA0',
    deadline: 'AAAAAAAAAAAA0 rrrrrrrrrAAAAAAAAAAA10 r10 AAAr10 AAAArrrrrrrr7.4',
    'mem-reserve': 'AAAAAAArrrrr700 AAAAAAAAAAAAAAAAAAAA700 r700 AArr900 AAAAAAArrrrr900',
    'service-level': 'AAAAAAAAAAAr2 ArrArrArrArrArrAAAAA0 A0 AAAA2 ArrArrArrArr3',
    'conn-limit': 'AAAAAAAAAAAA1 AAAAAAAAAAAAAAAAAAAA1 A1 rrrr1 AAAAAAAAAAAA1',
    'as-written/shadowcat-admission': 'AAAAAAAAAAAA0 AAAAAAAAAAAAAAAAAAAA0 A0 AAAA0 AAAAAAAAAAAA0',
    'as-written/shadowcat-memory-check': 'AAAAAAAAAAAA0 AAAAAAAAAAAAAAAAAAAA0 r0 AAAA0 AAAAAAAAAAAA0',
    'as-written/shadowcat-levels': 'AAAAAAAAAAAr2 AArAArAAAAAAAAAAAAAA1 A1 ArrA3 AAAAArAArArr3',
    'as-written/shadowcat-gauge': 'AAAAAAAAAAAA4 AAAAAAAAAAAAAAAAAAAA4 A4 AAAA4 AAAAAAAAAAAA3',
  };

  it.each(Object.entries(GOLDEN))('%s admits and refuses exactly so', (name, trace) => {
    expect(playGolden(ADMISSIONS[name as keyof typeof ADMISSIONS])).toBe(trace);
  });

  it('tells every two stages apart (P8)', () => {
    const traces = ALL.map((definition): [string, string] => [playGolden(definition), definition.name]);
    const alike = traces.filter(([trace], i) => traces.findIndex(([other]) => other === trace) !== i);
    expect(alike).toEqual([]);
  });
});
