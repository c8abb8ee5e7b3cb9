import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Clock, createVirtualClock } from '../../src/core/clock.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { SLOW_CONSUMER_RULES } from '../../src/system/slow-consumer/registry.ts';
import type { SlowConsumerDefinition, SlowConsumerRule } from '../../src/system/slow-consumer/rule.ts';
import { defaultsOf, type Params } from '../../src/system/strategies/definition.ts';
import { Lane, makeRules, SEED } from '../slow-consumer/lane.ts';

const ALL = Object.values<SlowConsumerDefinition>(SLOW_CONSUMER_RULES);

/** Small enough to act within a few items. A rule without a row plays with its defaults. */
const SMALL: Record<string, Params> = {
  'disconnect-bytes': { limitBytes: 100 },
  'disconnect-soft': { softBytes: 60, forMs: 100 },
  'disconnect-deadline': { deadlineMs: 100 },
  'disconnect-lag': { maxLagItems: 15, maxAgeMs: 200 },
  'disconnect-stalled': { afterMs: 150 },
  'pause-upstream': { highBytes: 60, lowBytes: 20 },
  'shed-fattest': { budgetBytes: 130 },
};

describe.each(ALL)('slow-consumer rule $name tells of itself', (definition) => {
  it('what it takes, with defaults in range that make sense together', () => {
    for (const param of definition.params) {
      if ('choices' in param) expect(param.choices).toContain(param.default);
      else {
        expect(param.default).toBeGreaterThanOrEqual(param.min);
        expect(param.default).toBeLessThanOrEqual(param.max ?? Number.POSITIVE_INFINITY);
      }
    }
    expect(definition.findProblem?.(defaultsOf(definition))).toBeUndefined();
  });

  it('that it disconnects and drops, or holds producers', () => {
    const { disconnects = false, drops = false, holdsProducer = false } = definition.effects;
    expect([disconnects, drops]).toEqual([!holdsProducer, !holdsProducer]);
    expect(definition.reasons).toEqual(disconnects ? ['disconnect.slow'] : []);
  });
});

const step = fc.record({
  do: fc.constantFrom(
    'offer',
    'offer',
    'take',
    'deliver',
    'deliver',
    'fail',
    'advance',
    'discard',
    'close',
    'back',
  ),
  lane: fc.nat({ max: 2 }),
  n: fc.integer({ min: 1, max: 8 }),
  size: fc.integer({ min: 0, max: 30 }),
});

/** Stops the test where a rule is asked after it may no longer be, or asks for an alarm that rings for ever. */
class Watched implements SlowConsumerRule {
  hasLeft = false;
  private readonly rule: SlowConsumerRule;
  private isOver = false;

  constructor(rule: SlowConsumerRule) {
    this.rule = rule;
  }

  get wakeAtNs(): number {
    return this.rule.wakeAtNs;
  }

  observe(...args: Parameters<SlowConsumerRule['observe']>): ReturnType<SlowConsumerRule['observe']> {
    if (this.isOver) throw new Error('asked after it had said disconnect');
    const verdict = this.rule.observe(...args);
    this.isOver = verdict === 'disconnect';
    if (!(this.rule.wakeAtNs > args[1])) throw new Error('its alarm lies in the past');
    return verdict;
  }

  onLeave(...args: Parameters<NonNullable<SlowConsumerRule['onLeave']>>): void {
    if (this.hasLeft) throw new Error('left twice');
    this.hasLeft = true;
    this.rule.onLeave?.(...args);
  }
}

describe.each(ALL)('slow-consumer rule $name in a channel', (definition) => {
  it.each(['unbounded', 'drop-oldest', 'drop-newest', 'block'] as const)(
    'behind %s: the ledger adds up, a consumer goes at most once, and nobody waits for one that is gone',
    async (overflow) => {
      const property = fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 90 }), async (steps) => {
        const clock = createVirtualClock();
        let backNs = 0;
        const unsteady: Clock = {
          nowNs: () => clock.nowNs() - backNs,
          setTimer: (atNs, onTime) => clock.setTimer(atNs + backNs, onTime),
        };
        const rules = makeRules(definition, SMALL[definition.name], 3).map((rule) => new Watched(rule));
        const lanes = rules.map((rule) => ({
          rule,
          lane: new Lane(rule, {
            overflow: OVERFLOW_POLICIES[overflow],
            capacityItems: 12,
            clock: unsteady,
          }),
          offers: [] as unknown[],
        }));
        for (const { do: what, lane: index, n, size } of steps) {
          const { lane, offers } = lanes[index] as (typeof lanes)[number];
          if (what === 'offer') offers.push(...lane.offer(size, n));
          else if (what === 'take') lane.take(n);
          else if (what === 'deliver') lane.deliver(n);
          else if (what === 'fail') {
            for (const item of lane.flying.splice(0, n)) lane.channel.failed(item, 'sink');
          } else if (what === 'advance') clock.advanceNs(n * 9_000_001);
          else if (what === 'back') backNs = backNs > 0 ? 0 : n * 5e6;
          else if (n === 1 && what === 'discard') lane.channel.discardQueued('shutdown');
          else if (n === 1) lane.channel.close();
          for (const { lane: each } of lanes) {
            expect(each.channel.ledger().unaccounted).toBe(0);
            expect(each.disconnects).toBeLessThanOrEqual(1);
            if (each.disconnects > 0) expect([each.channel.depthItems, each.channel.waiters]).toEqual([0, 0]);
          }
        }
        for (const { lane, rule, offers } of lanes) {
          lane.channel.close();
          while (lane.channel.depthItems + lane.channel.inFlightItems > 0) lane.deliver();
          await Promise.all(offers);
          const { queued, blocked, inFlight, unaccounted } = lane.channel.ledger();
          expect([queued, blocked, inFlight, unaccounted, rule.hasLeft]).toEqual([0, 0, 0, 0, true]);
        }
        clock.advanceNs(3600e9);
        expect(clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
      });
      await fc.assert(property, { seed: SEED, numRuns: 12 });
    },
  );

  it('leaves a consumer alone that keeps up', () => {
    const lane = new Lane(makeRules(definition, SMALL[definition.name]));
    for (let i = 0; i < 200; i++) {
      expect(lane.offer(10, 2)).toEqual(['queued', 'queued']);
      lane.advanceMs(20);
      lane.deliver(2);
      lane.advanceMs(i % 10 === 0 ? 500 : 5);
    }
    expect(lane.disconnects).toBe(0);
  });
});

/** When each of three consumers goes: one stops, one trickles, one keeps up but gets a large burst. */
function playGolden(definition: SlowConsumerDefinition): string {
  const clock = createVirtualClock();
  const rules = makeRules(definition, SMALL[definition.name], 3);
  const [stopped, trickling, bursty] = rules.map((rule) => new Lane(rule, { clock })) as [Lane, Lane, Lane];
  let heldAt: number | undefined;
  for (let ms = 0; ms < 600; ms += 10) {
    for (const lane of [stopped, trickling, bursty]) {
      lane.offer(5);
      if (lane.channel.waiters > 0) heldAt ??= ms;
    }
    if (ms === 300) bursty.offer(20, 6);
    stopped.take();
    if (ms % 50 === 40) trickling.deliver(3);
    bursty.deliver(ms >= 310 ? 2 : 1);
    clock.advanceNs(10e6);
  }
  const gone = [stopped, trickling, bursty].map((lane) => lane.disconnectedAtMs ?? '-');
  return `${gone.join(' ')}${heldAt === undefined ? '' : ` held from ${heldAt}`}`;
}

describe('golden trace', () => {
  /** Milliseconds at which the stopped, the trickling and the bursty consumer go. */
  const GOLDEN: Record<string, string> = {
    'disconnect-bytes': '200 440 300',
    'disconnect-soft': '220 400 -',
    'disconnect-deadline': '100 - -',
    'disconnect-lag': '150 330 -',
    'disconnect-stalled': '150 - -',
    'pause-upstream': '- - - held from 110',
    'shed-fattest': '170 590 300',
  };

  it.each(Object.entries(GOLDEN))('%s acts exactly so', (name, trace) => {
    expect(playGolden(SLOW_CONSUMER_RULES[name as keyof typeof SLOW_CONSUMER_RULES])).toBe(trace);
  });

  it('tells every two rules apart (P8)', () => {
    const traces = ALL.map((definition): [string, string] => [playGolden(definition), definition.name]);
    const alike = traces.filter(([trace], i) => traces.findIndex(([other]) => other === trace) !== i);
    expect(alike).toEqual([]);
  });
});
