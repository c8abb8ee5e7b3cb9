import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NS_PER_MS } from '../../src/core/clock.ts';
import type { ChannelStages } from '../../src/system/channel/stages.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { SHAPERS } from '../../src/system/shaping/registry.ts';
import type { ShapingDefinition } from '../../src/system/shaping/shaper.ts';
import { defaultsOf, type NumberParam, type Params } from '../../src/system/strategies/definition.ts';
import { SEED } from '../shaping/checks.ts';
import { Probe } from '../shaping/probe.ts';
import { type Item, makeItem, Stream, stagesOf } from '../shaping/stream.ts';

const ALL = Object.values<ShapingDefinition>(SHAPERS);
const SOUND = ALL.filter(({ specimen }) => !specimen);
const HOLDING = SOUND.filter(({ create }) => create !== undefined);
/** Longer than everything that the schedules below hold. */
const LATER_MS = 1000;

const REASONS = ['key', 'merge', 'debounce', 'sample', 'same', 'dedupe'];

/** Small values, so that every bound is met. */
function valuesOf({ params, findProblem }: ShapingDefinition): fc.Arbitrary<Params> {
  const arbitraries = params.map((param): [string, fc.Arbitrary<number | string>] => {
    if ('choices' in param) return [param.name, fc.constantFrom(...param.choices)];
    if (param.unit === 'ms') return [param.name, fc.integer({ min: 1, max: 30 })];
    if (param.unit === 'bytes') return [param.name, fc.integer({ min: 1, max: 100 })];
    if (param.unit === 'perSec') return [param.name, fc.integer({ min: 20, max: 1000 })];
    return [param.name, fc.integer({ min: 1, max: 4 })];
  });
  return fc
    .record(Object.fromEntries(arbitraries))
    .filter((values) => findProblem?.(values as Params) === undefined) as fc.Arbitrary<Params>;
}

type Step =
  | { do: 'offer'; gapMs: number; key: string; value: number; bytes: number }
  | { do: 'take' | 'discard' | 'close' }
  | { do: 'advance' | 'goBack' | 'delayTimers'; ms: number };

const ms = fc.integer({ min: 1, max: 40 });
const offer = fc.record({
  do: fc.constant('offer' as const),
  gapMs: fc.nat({ max: 6 }),
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  value: fc.nat({ max: 2 }),
  bytes: fc.nat({ max: 40 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: offer },
  { weight: 4, arbitrary: fc.constant({ do: 'take' as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const), ms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('goBack' as const, 'delayTimers' as const), ms }) },
  { weight: 1, arbitrary: fc.constant({ do: 'discard' as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'close' as const }, { do: 'take' as const }) },
);
const steps = fc.array(step, { maxLength: 50 });

function probed(stages: ChannelStages<Item>): { stages: ChannelStages<Item>; probes: Probe[] } {
  const probes = (stages.shapers ?? []).map((shaper) => new Probe(shaper));
  return { probes, stages: { ...stages, ...(probes.length === 0 ? {} : { shapers: probes }) } };
}

interface Trial {
  readonly stream: Stream;
  readonly probes: readonly Probe[];
  /** Everything that could be seen, for comparing two runs. */
  readonly digest: string;
}

/** Plays the steps and checks after each that everything is accounted for and no probe has seen a problem. */
function play(
  shaping: ChannelStages<Item>,
  schedule: readonly Step[],
  overflow: OverflowPolicy = OVERFLOW_POLICIES.unbounded,
): Trial {
  const { probes, stages } = probed(shaping);
  const stream = new Stream(stages, { overflow, capacityItems: 2 });
  const { channel, clock } = stream;
  const taken: Item[] = [];
  let nextId = 1;
  const carryOut = (one: Step): void => {
    if (one.do === 'offer') {
      clock.advanceNs(one.gapMs * NS_PER_MS);
      const { key, value, bytes } = one;
      void channel.offer(makeItem(nextId++, key, { value, bytes }));
    } else if (one.do === 'take') {
      const item = channel.tryTake();
      if (item !== undefined) {
        taken.push(item);
        channel.delivered(item);
      }
    } else if (one.do === 'discard') channel.discardQueued('shutdown');
    else if (one.do === 'close') channel.close();
    else if (one.do === 'advance') clock.advanceNs(one.ms * NS_PER_MS);
    else if (one.do === 'goBack') stream.lagMs += one.ms;
    else if (one.do === 'delayTimers') stream.timerLateMs = one.ms;
  };
  const check = (): void => {
    expect(probes.flatMap(({ problems }) => problems)).toEqual([]);
    expect(probes.reduce((sum, { held }) => sum + held.size, 0)).toBe(channel.heldItems);
    const ledger = channel.ledger();
    expect(ledger.unaccounted).toBe(0);
    expect(Object.values(ledger).every((column) => typeof column !== 'number' || column >= 0)).toBe(true);
  };
  for (const one of schedule) {
    carryOut(one);
    check();
  }
  stream.drain();
  check();
  const digest = JSON.stringify([
    probes.map(({ emissions }) => emissions),
    stream.outputs,
    taken,
    channel.ledger(),
  ]);
  return { stream, probes, digest };
}

describe('the registry', () => {
  it.each(Object.entries<ShapingDefinition>(SHAPERS))('%s stands under its own name', (key, definition) => {
    expect(definition.name).toBe(key);
    expect(definition.specimen ?? false).toBe(key.startsWith('as-written/'));
    expect([definition.create, definition.createGate].filter((make) => make !== undefined).length).toBe(1);
  });

  it.each(ALL)('$name has values above zero, defaults that go together, and known reasons', (definition) => {
    for (const param of definition.params) {
      if ('choices' in param) expect(param.choices).toContain(param.default);
      else {
        const { min, max = Number.POSITIVE_INFINITY, default: value } = param satisfies NumberParam;
        expect(min).toBeGreaterThan(0);
        expect(value).toBeGreaterThanOrEqual(min);
        expect(value).toBeLessThanOrEqual(max);
      }
    }
    expect(definition.findProblem?.(defaultsOf(definition))).toBeUndefined();
    expect(REASONS).toEqual(expect.arrayContaining([...definition.reasons]));
    expect(definition.effects.coalesces ?? false).toBe(definition.reasons.length > 0);
  });
});

describe.each(SOUND)('shaper $name', (definition) => {
  const values = valuesOf(definition);

  it('passes each item on exactly once and on time, through late timers, a clock that goes back, close and discard', () => {
    fc.assert(
      fc.property(values, steps, (given, schedule) => {
        const { stream, probes } = play(stagesOf(definition, given), schedule);
        const { channel } = stream;
        expect(definition.reasons).toEqual(expect.arrayContaining(Object.keys(channel.ledger().coalesced)));
        channel.close();
        stream.drain();
        stream.runUntil(stream.nowMs + LATER_MS * 10);
        expect(probes.flatMap(({ problems }) => problems)).toEqual([]);
        expect(channel.ledger()).toMatchObject({ queued: 0, inFlight: 0, blocked: 0, unaccounted: 0 });
        expect([channel.heldItems, channel.heldBytes]).toEqual([0, 0]);
        expect(stream.clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('lets everything go by itself once nothing more comes', () => {
    fc.assert(
      fc.property(values, fc.array(offer, { maxLength: 30 }), (given, schedule) => {
        const { stream } = play(stagesOf(definition, given), schedule);
        stream.runUntil(stream.nowMs + LATER_MS * 10);
        const { delivered, coalesced, queued } = stream.channel.ledger();
        expect(queued).toBe(0);
        const ended = Object.values(coalesced).reduce((sum, count) => sum + count, 0);
        expect(delivered + ended).toBe(schedule.length);
      }),
      { seed: SEED, numRuns: 30 },
    );
  });

  it('gives the same for the same, to the nanosecond', () => {
    fc.assert(
      fc.property(values, steps, (given, schedule) => {
        const [one, other] = [1, 2].map(() => play(stagesOf(definition, given), schedule).digest);
        expect(one).toBe(other);
      }),
      { seed: SEED, numRuns: 10 },
    );
  });
});

describe.each(HOLDING)('shaper $name', (definition) => {
  const values = valuesOf(definition);
  const offers = fc.array(offer, { maxLength: 40 });

  it('conserves the weight of what it does not leave out', () => {
    fc.assert(
      fc.property(values, offers, (given, schedule) => {
        const { stream, probes } = play(stagesOf(definition, given), schedule);
        stream.channel.close();
        const [{ emissions, endedAlone }] = probes as [Probe];
        const weight = emissions.reduce((sum, one) => sum + one.weight, 0);
        expect(weight + endedAlone).toBe(schedule.length);
      }),
      { seed: SEED, numRuns: 30 },
    );
  });

  it('keeps the order of offers within each key, and between keys too unless it says otherwise', () => {
    fc.assert(
      fc.property(values, offers, (given, schedule) => {
        const { stream, probes } = play(stagesOf(definition, given), schedule);
        stream.channel.close();
        const { emissions } = probes[0] as Probe;
        const reorders = definition.effects.reorders ?? 'never';
        const lanes = Map.groupBy(emissions, ({ key }) => (reorders === 'never' ? '' : key));
        for (const lane of lanes.values()) {
          const ids = lane.map(({ id }) => id);
          expect(ids).toEqual(ids.toSorted((a, b) => a - b));
        }
      }),
      { seed: SEED, numRuns: 30 },
    );
  });

  it('holds no more than its bound, and forgets everything at reset', () => {
    const bounds = definition.params.filter(({ key }) => ['maxKeys', 'maxItems', 'maxIds'].includes(key));
    expect(bounds.length).toBe(1);
    const [{ name }] = bounds as [NumberParam];
    const { stages, probes } = probed(stagesOf(definition, { [name]: 3 }));
    const stream = new Stream(stages);
    for (let id = 1; id <= 50; id++) {
      void stream.channel.offer(makeItem(id, id));
      void stream.channel.offer(makeItem(id + 100, id));
    }
    expect(probes[0]?.heldMax).toBeLessThanOrEqual(3);
    const held = stream.channel.heldItems;
    const queued = stream.channel.depthItems;
    expect(stream.channel.discardQueued('shutdown')).toBe(held + queued);
    stream.runUntil(LATER_MS * 10);
    expect(stream.outputs).toEqual([]);
    void stream.channel.offer(makeItem(51, 1));
    stream.channel.close();
    stream.drain();
    expect(stream.outputs.map(({ item }) => item.id)).toEqual([51]);
    expect(probes[0]?.problems).toEqual([]);
  });

  it('lets go once and not for every moment that a late timer has missed', () => {
    const { stages, probes } = probed(stagesOf(definition));
    const stream = new Stream(stages);
    stream.timerLateMs = 60_000;
    for (const id of [1, 2, 3]) void stream.channel.offer(makeItem(id, id));
    stream.clock.advanceNs(70_000 * NS_PER_MS);
    expect(probes[0]?.emissions.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(probes[0]?.problems).toEqual([]);
    expect(stream.clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe.each(Object.values<OverflowPolicy>(OVERFLOW_POLICIES).filter(({ specimen }) => !specimen))(
  'every shaper in front of $name',
  (policy) => {
    it.each(SOUND)('$name: accounts for everything at every step', (definition) => {
      fc.assert(
        fc.property(valuesOf(definition), steps, (given, schedule) => {
          const { stream } = play(stagesOf(definition, given), schedule, policy);
          stream.channel.close();
          stream.drain();
          stream.runUntil(stream.nowMs + LATER_MS * 10);
          const ledger = stream.channel.ledger();
          expect(ledger).toMatchObject({ queued: 0, inFlight: 0, blocked: 0, unaccounted: 0 });
        }),
        { seed: SEED, numRuns: 6 },
      );
    });
  },
);

describe('two shapers in a row', () => {
  const pairs = HOLDING.flatMap((first) => HOLDING.map((second) => ({ first, second })));

  it.each(pairs)('$first.name, then $second.name: accounts for everything', ({ first, second }) => {
    fc.assert(
      fc.property(valuesOf(first), valuesOf(second), steps, (one, other, schedule) => {
        const shapers = [first, second].flatMap(
          (definition, at) => stagesOf(definition, at === 0 ? one : other).shapers ?? [],
        );
        const { stream } = play({ shapers }, schedule, OVERFLOW_POLICIES['drop-oldest']);
        stream.channel.close();
        stream.drain();
        expect(stream.channel.ledger()).toMatchObject({ queued: 0, inFlight: 0, unaccounted: 0 });
      }),
      { seed: SEED, numRuns: 5 },
    );
  });
});

describe.each(HOLDING)('shaper $name in front of block', (definition) => {
  it('makes producers wait while what it let go waits for room, and loses nothing', async () => {
    const stream = new Stream(stagesOf(definition), { overflow: OVERFLOW_POLICIES.block, capacityItems: 1 });
    const { channel } = stream;
    for (const id of [1, 2, 3]) void channel.offer(makeItem(id, id));
    stream.clock.advanceNs(10_000 * NS_PER_MS);
    expect(channel.ledger()).toMatchObject({ queued: 1, blocked: 2, dropped: {} });
    let isSettled = false;
    const answer = Promise.resolve(channel.offer(makeItem(4, 4))).then((outcome) => {
      isSettled = true;
      return outcome;
    });
    await Promise.resolve();
    expect(isSettled).toBe(false);
    for (let taken = 0; taken < 4; taken++) {
      const item = channel.tryTake();
      if (item !== undefined) channel.delivered(item);
    }
    expect(await answer).toBe('queued');
    channel.close();
    stream.drain();
    expect(channel.ledger()).toMatchObject({ offered: 4, delivered: 4, dropped: {}, unaccounted: 0 });
  });
});
