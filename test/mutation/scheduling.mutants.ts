/** Schedulers and queue managements that are wrong on purpose. */
import codel from '../../src/system/aqm/codel.ts';
import codelService from '../../src/system/aqm/codel-service.ts';
import drr from '../../src/system/scheduling/drr.ts';
import fifo from '../../src/system/scheduling/fifo.ts';
import fqCodel from '../../src/system/scheduling/fq-codel.ts';
import lifo from '../../src/system/scheduling/lifo.ts';
import priorityAging from '../../src/system/scheduling/priority+aging.ts';
import type { QueueView, Scheduler } from '../../src/system/scheduling/scheduler.ts';
import strictPriority from '../../src/system/scheduling/strict-priority.ts';
import type { Params } from '../../src/system/strategies/definition.ts';
import { findLawProblem } from '../aqm/codel-law.ts';
import { playTransient } from '../aqm/transient.ts';
import { findFairnessProblem } from '../scheduling/fairness.ts';
import type { AqmMaking, Making } from '../scheduling/queue.ts';
import { findScalingProblem } from '../scheduling/scaling.ts';
import { findScheduleProblem } from '../scheduling/schedules.ts';
import { findStarvationProblem } from '../scheduling/starvation.ts';
import { findPriorityZs } from '../scheduling/waits.ts';
import { brokenCodel, brokenDrr } from './broken-schedulers.ts';
import type { Mutant } from './mutant.ts';

/** The real `making` with its scheduler changed. */
function change(
  making: Making,
  by: <T>(real: Scheduler<T>, params: Params) => Partial<Scheduler<T>>,
): Making {
  return {
    ...making,
    create: <T>(params: Params): Scheduler<T> => {
      const real = making.create<T>(params);
      const changed = by(real, params);
      return {
        next: (queue, nowNs) => real.next(queue, nowNs),
        onEnqueue: (entry, queue, nowNs) => real.onEnqueue?.(entry, queue, nowNs),
        onRemove: (entry, taken, queue, nowNs) => real.onRemove?.(entry, taken, queue, nowNs),
        shouldDrop: (entry, queue, nowNs) => real.shouldDrop?.(entry, queue, nowNs) ?? false,
        ...changed,
      };
    },
  };
}

/** The same with one parameter fixed, whatever is asked for. */
function fix<M extends Making | AqmMaking>(making: M, params: Params): M {
  const create = making.create as (all: Params) => unknown;
  return { ...making, create: (all: Params) => create({ ...all, ...params }) };
}

function mutate<S>(
  property: string,
  name: string,
  check: (subject: S) => string | undefined,
  wrong: S,
  sound: S,
): Mutant {
  return { property, name, kill: () => check(wrong), spare: () => check(sound) };
}

const bySchedule =
  (name: string, numRuns = 60) =>
  (making: Making): string | undefined =>
    findScheduleProblem(name, making, numRuns);

const byScale = (scheduling: Making): string | undefined => findScalingProblem({ scheduling });
const byAqmScale = (aqm: AqmMaking): string | undefined => findScalingProblem({ aqm });

function findCobhamProblem(making: Making): string | undefined {
  const zs = findPriorityZs(making, 40_000);
  const worst = zs.findIndex((z) => !(Math.abs(z) < 4));
  return worst < 0 ? undefined : `P40 class ${worst}: z = ${zs[worst]?.toFixed(1)}`;
}

/** At 500/s too many for 2 s: peaks near 2I·e = 102, and drops the excess. */
function findServiceTransientProblem(aqm: AqmMaking): string | undefined {
  const { peakItems, lastSecondDrops } = playTransient(aqm, 500, 2);
  if (Math.abs(peakItems - 102) > 2) return `P40 peak of ${peakItems} items, expected 102`;
  return Math.abs(lastSecondDrops - 500) > 10 ? `P40 ${lastSecondDrops} drops/s, expected 500` : undefined;
}

function findCodelTransientProblem(aqm: AqmMaking): string | undefined {
  const { peakItems } = playTransient(aqm, 100, 4);
  return Math.abs(peakItems - 102) > 2 ? `P40 peak of ${peakItems} items, expected 102` : undefined;
}

/** The least critical class first. */
const inverted: Making = {
  ...strictPriority,
  create: () => ({
    next: (queue) => [7, 6, 5, 4, 3, 2, 1, 0].map((index) => queue.ofClass(index)).find(Boolean)?.oldest,
  }),
};

/** Within a class the newest first. */
const reordering: Making = {
  ...strictPriority,
  create: <T>() => ({
    next: (queue: QueueView<T>) =>
      [0, 1, 2, 3, 4, 5, 6, 7].map((index) => queue.ofClass(index)).find(Boolean)?.newest,
  }),
};

const law = findLawProblem;
const fair = findFairnessProblem;
const brokenFqCodel = (what: 'stays new' | 'forgets to charge'): Making =>
  change(fqCodel, (real) =>
    what === 'forgets to charge'
      ? { onRemove: (entry, _taken, queue, nowNs) => real.onRemove?.(entry, false, queue, nowNs) }
      : {
          // A quantum that never runs out: whoever is new stays first.
          onRemove: (entry, _taken, queue, nowNs) =>
            real.onRemove?.(entry, queue.depthItems % 2 === 0, queue, nowNs),
        },
  );

export default [
  mutate('P6', 'reorders within a class', bySchedule('strict-priority'), reordering, strictPriority),
  mutate('P6', 'fifo that takes the newest', bySchedule('fifo'), lifo as Making, fifo),
  mutate('P6', 'lifo that takes the oldest', bySchedule('lifo'), fifo as Making, lifo),
  mutate('P6', 'strict priority inverted', bySchedule('strict-priority'), inverted, strictPriority),
  mutate('P40', 'strict priority inverted', findCobhamProblem, inverted, strictPriority),
  mutate('P40', 'strict priority that is fifo', findCobhamProblem, fifo as Making, strictPriority),
  mutate('P6', 'aging that never ages', findStarvationProblem, strictPriority as Making, priorityAging),
  mutate('P6', 'aging that stops at class 0', bySchedule('priority+aging'), clampedAging(), priorityAging),
  mutate('P19', 'DRR quantum < item', bySchedule('drr'), brokenDrr('idles below the item size'), drr),
  mutate('P27', 'deficit kept when empty', fair, brokenDrr('keeps the deficit when empty'), drr),
  mutate('P27', 'a turn that is not charged', fair, brokenDrr('does not charge'), drr),
  mutate('P27', 'turns by items, not by bytes', fair, brokenDrr('counts items'), drr),
  mutate('P6', 'charges what was evicted', bySchedule('drr', 150), brokenDrr('charges evictions'), drr),
  mutate('P27', 'no fairness at all', fair, fifo as Making, fqCodel),
  mutate('P27', 'fq-codel that forgets to charge', fair, brokenFqCodel('forgets to charge'), fqCodel),
  mutate(
    'P6',
    'fq-codel that charges every other item',
    bySchedule('fq-codel'),
    brokenFqCodel('stays new'),
    fqCodel,
  ),
  mutate(
    'P26',
    'fq-codel without CoDel',
    bySchedule('fq-codel', 150),
    change(fqCodel, () => ({ shouldDrop: () => false })),
    fqCodel,
  ),
  mutate('P26', 'count reset', law, brokenCodel('resets the count on entry'), codel),
  mutate('P26', 'count never rises', law, brokenCodel('never counts'), codel),
  mutate('P26', 'next drop from now, not from the last due time', law, brokenCodel('drifts'), codel),
  mutate('P26', 'resumes after any pause', law, brokenCodel('resumes for ever'), codel),
  mutate('P26', 'drops the only item', law, brokenCodel('drops the last'), codel),
  mutate('P26', 'stays after one wait below target', law, brokenCodel('does not leave'), codel),
  mutate('P26', 'drops at once above target', law, brokenCodel('drops without an interval'), codel),
  mutate('P26', 'codel-service under the label codel', law, codelService as AqmMaking, codel),
  mutate(
    'P40',
    'codel under the label codel-service',
    findServiceTransientProblem,
    codel as AqmMaking,
    codelService,
  ),
  mutate(
    'P40',
    'codel-service under the label codel',
    findCodelTransientProblem,
    codelService as AqmMaking,
    codel,
  ),
  mutate('P38', 'hidden absolute constant: interval', byAqmScale, fix(codel, { intervalMs: 100 }), codel),
  mutate(
    'P38',
    'hidden absolute constant: target',
    byAqmScale,
    fix(codelService, { targetMs: 5 }),
    codelService,
  ),
  mutate(
    'P38',
    'hidden absolute constant: aging',
    byScale,
    fix(priorityAging, { agingMs: 500 }),
    priorityAging,
  ),
  mutate('P38', 'hidden absolute constant: quantum', byScale, fix(drr, { quantumBytes: 65_536 }), drr),
] satisfies Mutant[];

function clampedAging(): Making {
  return {
    ...priorityAging,
    create: <T>(params: Params): Scheduler<T> => ({
      next(queue, nowNs) {
        const heads = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((index) => queue.ofClass(index)?.oldest ?? []);
        const urgency = (head: (typeof heads)[number]): number =>
          Math.max(head.class - Math.floor((nowNs - head.sinceNs) / (Number(params['agingMs']) * 1e6)), 0);
        return heads.toSorted((a, b) => urgency(a) - urgency(b))[0];
      },
    }),
  };
}
