import disconnectBytes from '../../src/system/slow-consumer/disconnect-bytes.ts';
import disconnectDeadline from '../../src/system/slow-consumer/disconnect-deadline.ts';
import disconnectLag from '../../src/system/slow-consumer/disconnect-lag.ts';
import disconnectSoft from '../../src/system/slow-consumer/disconnect-soft.ts';
import disconnectStalled from '../../src/system/slow-consumer/disconnect-stalled.ts';
import pauseUpstream from '../../src/system/slow-consumer/pause-upstream.ts';
import type {
  ConsumerVerdict,
  ConsumerView,
  SlowConsumerDefinition,
  SlowConsumerRule,
} from '../../src/system/slow-consumer/rule.ts';
import shedFattest from '../../src/system/slow-consumer/shed-fattest.ts';
import type { Params } from '../../src/system/strategies/definition.ts';
import {
  findDeadlineProblem,
  findLagProblem,
  findLeaveProblem,
  findPauseProblem,
  findShedProblem,
  findSoftProblem,
  findStallProblem,
  findThresholdProblem,
  type MakeRules,
} from '../slow-consumer/checks.ts';
import { makeRules } from '../slow-consumer/lane.ts';
import type { Mutant } from './mutant.ts';

type Check = (create: MakeRules) => string | undefined;

function mutant(property: string, name: string, wrong: MakeRules, sound: MakeRules, check: Check): Mutant {
  return { property, name, kill: () => check(wrong), spare: () => check(sound) };
}

const of =
  (definition: SlowConsumerDefinition, params: Params): MakeRules =>
  (count) =>
    makeRules(definition, params, count);

/** One rule for each consumer, by itself, that decides from what it sees. */
const each =
  (make: () => (consumer: ConsumerView, nowNs: number) => [ConsumerVerdict, wakeAtNs?: number]): MakeRules =>
  (count) =>
    Array.from({ length: count }, () => {
      const decide = make();
      const rule = {
        wakeAtNs: Number.POSITIVE_INFINITY,
        observe: (consumer: ConsumerView, nowNs: number) => {
          const [verdict, wakeAtNs] = decide(consumer, nowNs);
          rule.wakeAtNs = wakeAtNs !== undefined && wakeAtNs > nowNs ? wakeAtNs : Number.POSITIVE_INFINITY;
          return verdict;
        },
      };
      return rule;
    });

/** Gives up at `sinceNs` and a second, as the sound rules of the checks do. */
const lasting = (sinceNs: (consumer: ConsumerView, nowNs: number) => number) =>
  each(() => (consumer, nowNs) => {
    const overNs = sinceNs(consumer, nowNs) + 1e9;
    return nowNs >= overNs ? ['disconnect'] : ['ok', overNs];
  });

const atTheLimit = each(() => (consumer) => [consumer.pendingBytes >= 100 ? 'disconnect' : 'ok']);

/** Never forgets when it was first above. */
const softNotContinuous: MakeRules = (count) =>
  Array.from({ length: count }, () => {
    let sinceNs = Number.POSITIVE_INFINITY;
    const [rule] = lasting((consumer, nowNs) => {
      if (consumer.pendingBytes > 100 && sinceNs === Number.POSITIVE_INFINITY) sinceNs = nowNs;
      return sinceNs;
    })(1);
    return rule as SlowConsumerRule;
  });

const withoutAlarm =
  (sound: MakeRules): MakeRules =>
  (count) =>
    sound(count).map((rule) => ({
      wakeAtNs: Number.POSITIVE_INFINITY,
      observe: (consumer, nowNs) => rule.observe(consumer, nowNs),
    }));

const ageOfTheOldest = lasting((consumer) => consumer.oldestNs);
const lastProgress = lasting((consumer) => (consumer.inFlightItems > 0 ? consumer.progressNs : Infinity));

const lagOfTheQueue = each(() => (consumer) => [consumer.pendingItems > 10 ? 'disconnect' : 'ok']);
const oneMark = each(() => (consumer) => [consumer.pendingBytes >= 100 ? 'pause' : 'ok']);

/** Whoever passes the budget goes, whatever the others hold. */
const shedsTheLast: MakeRules = (count) => {
  const bytes = new Map<ConsumerView, number>();
  return each(() => (consumer) => {
    bytes.set(consumer, consumer.pendingBytes);
    let sum = 0;
    for (const one of bytes.values()) sum += one;
    return [sum > 100 ? 'disconnect' : 'ok'];
  })(count);
};

/** Goes on counting consumers that have left. */
const forgetsToForget: MakeRules = (count) =>
  SHED(count).map((rule) => {
    let bytes = 0;
    return {
      wakeAtNs: Number.POSITIVE_INFINITY,
      observe: (consumer, nowNs) => {
        bytes = Math.max(bytes, consumer.pendingBytes);
        return rule.observe(seen(consumer, bytes), nowNs);
      },
    };
  });

function seen(consumer: ConsumerView, pendingBytes: number): ConsumerView {
  return { ...consumer, pendingBytes, heldBytes: 0, disconnect: () => consumer.disconnect() };
}

const SOFT = of(disconnectSoft, { softBytes: 100, forMs: 1000 });
const DEADLINE = of(disconnectDeadline, { deadlineMs: 1000 });
const STALLED = of(disconnectStalled, { afterMs: 1000 });
const LAG = of(disconnectLag, { maxLagItems: 10, maxAgeMs: 1000 });
const SHED = of(shedFattest, { budgetBytes: 100 });

export default [
  mutant(
    'P7',
    'disconnects at the limit, not above it',
    atTheLimit,
    of(disconnectBytes, { limitBytes: 100 }),
    findThresholdProblem,
  ),
  mutant('P7', 'soft limit without "continuously"', softNotContinuous, SOFT, findSoftProblem),
  mutant('P7', 'soft limit looked at with traffic alone', withoutAlarm(SOFT), SOFT, findSoftProblem),
  mutant(
    'P7',
    'write deadline looked at with traffic alone',
    withoutAlarm(DEADLINE),
    DEADLINE,
    findDeadlineProblem,
  ),
  mutant('P7', 'write deadline counted from the offer', ageOfTheOldest, DEADLINE, findDeadlineProblem),
  mutant('P7', 'write deadline put off by any progress', lastProgress, DEADLINE, findDeadlineProblem),
  mutant('P7', 'a trickling reader taken for a stalled one', ageOfTheOldest, STALLED, findStallProblem),
  mutant('P7', 'lag by what is queued, not by offers', lagOfTheQueue, LAG, findLagProblem),
  mutant(
    'P29',
    'pause with a single threshold',
    oneMark,
    of(pauseUpstream, { highBytes: 100, lowBytes: 40 }),
    findPauseProblem,
  ),
  mutant(
    'P36',
    'the consumer that passes the budget goes, not the fattest',
    shedsTheLast,
    SHED,
    findShedProblem,
  ),
  mutant('P33', 'consumers that have left still count', forgetsToForget, SHED, findLeaveProblem),
] satisfies Mutant[];
