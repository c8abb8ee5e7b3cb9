/** What parts of one strategy do to each other, wherever it stands. */
import type { StageName } from '../../core/strategy.ts';
import { formatBytes } from '../../core/units.ts';
import { DEFAULT_ITEM_OVERHEAD_BYTES } from '../channel/channel.ts';
import type { OverflowPolicy } from '../overflow/policy.ts';
import type { Part, Ruling } from './legality.ts';

export type CompositionRule = (parts: readonly Part[]) => Ruling | undefined;

type Level = Ruling['level'];

/** A ruling on two parts that do not go together; none when one of them is not there. */
function pair(
  level: Level,
  code: string,
  first: Part | undefined,
  second: Part | undefined,
  harm: string,
  join = 'with',
): Ruling | undefined {
  if (first === undefined || second === undefined) return undefined;
  const parts = [first.definition.name, second.definition.name];
  return { level, code, parts, does: `${parts[0]} ${join} ${parts[1]}`, harm };
}

function find(parts: readonly Part[], stage: StageName, holds: (part: Part) => boolean = () => true) {
  return parts.find((part) => part.definition.stage === stage && holds(part));
}

const byClass = ({ effects }: Part): boolean => effects.readsClass === true;

const isUnbounded = ({ definition }: Part): boolean =>
  definition.stage === 'overflow' && (definition as OverflowPolicy).bounded === false;

/** Drops by how long an item has waited. */
const isAgeJudge = ({ definition: { stage }, effects }: Part): boolean =>
  stage === 'aqm' || stage === 'ttl' || (stage === 'scheduling' && effects.drops === true);

/** Limits how much is under way; a limit of consumers is another thing. */
const isConcurrencyLimit = ({ definition, effects }: Part): boolean =>
  definition.reasons.includes('admission.concurrency') && effects.disconnects !== true;

const unboundedBehindLimit: CompositionRule = (parts) =>
  pair(
    'refused',
    'unbounded-behind-limit',
    parts.find(isUnbounded),
    find(parts, 'admission', isConcurrencyLimit),
    'a queue without a bound hides the overload that the limit should feel; bound it, for example with drop-newest',
    'behind',
  );

/** A ring has one place for each item and one cursor for each reader. */
const besideRing: CompositionRule = (parts) => {
  const ring = parts.find(({ effects }) => effects.replacesQueue === true);
  const others = parts.filter((part) => part !== ring && part.definition.stage !== 'slow-consumer');
  if (ring === undefined || others.length === 0) return undefined;
  const names = others.map(({ definition }) => definition.name);
  return {
    level: 'refused',
    code: 'beside-ring',
    parts: [ring.definition.name, ...names],
    does: `${ring.definition.name} with ${names.join(', ')}`,
    harm: 'each reader reads the ring in order at its own cursor, and there is no queue that another stage could act on; leave the ring out, or everything but slow-consumer rules',
  };
};

const spillOutOfOrder: CompositionRule = (parts) =>
  pair(
    'refused',
    'spill-order',
    find(parts, 'overflow', ({ effects }) => effects.serialises === true),
    find(parts, 'scheduling', ({ effects }) => (effects.reorders ?? 'never') !== 'never'),
    'what is on disk comes back in the order of its arrival, and cannot be chosen; use fifo',
  );

const priorityAndBlock: CompositionRule = (parts) =>
  pair(
    'warning',
    'priority-block',
    find(parts, 'scheduling', byClass),
    find(parts, 'overflow', ({ effects }) => effects.holdsProducer === true),
    'the classes share one capacity, so unimportant items fill the queue and important ones wait outside; reserve or evict-lowest-priority keep room for them',
  );

const priorityAndAqm: CompositionRule = (parts) =>
  pair(
    'warning',
    'priority-aqm',
    find(parts, 'scheduling', byClass),
    find(parts, 'aqm'),
    'waiting is measured over all classes, so the waiting of the unimportant may cost an important item; ttl judges each by its own age',
  );

const delayAndAge: CompositionRule = (parts) =>
  pair(
    'warning',
    'delay-age',
    find(parts, 'shaping', ({ effects }) => effects.delays === true),
    parts.find(isAgeJudge),
    'the time that items are held back counts as waiting, from the first one on; set the limit of age above it',
  );

const twoAgeJudges: CompositionRule = (parts) => {
  const [first, second] = parts.filter(isAgeJudge);
  if (first?.effects.adapts && second?.effects.adapts) return undefined; // told as two controllers
  return pair(
    'warning',
    'two-drop-stages',
    first,
    second,
    'both drop what has waited: losses have two reasons, and the tighter limit hides the other; keep one of them',
  );
};

const dropsInSeries: CompositionRule = (parts) =>
  pair(
    'warning',
    'two-drop-stages',
    find(parts, 'topology', ({ effects }) => effects.drops === true && !effects.replacesQueue),
    find(parts, 'overflow', ({ effects }) => effects.drops === true),
    'two queues in series both drop: losses have two reasons, and the ages of both add up; let one of the two queues block',
  );

const twoControllers: CompositionRule = (parts) => {
  const [first, second] = parts.filter(({ effects }) => effects.adapts === true);
  return pair(
    'warning',
    'two-controllers',
    first,
    second,
    'both steer by the same waiting and may chase each other; keep one, or make one five times slower',
  );
};

const priorityAndCoalesce: CompositionRule = (parts) =>
  pair(
    'note',
    'priority-coalesce',
    find(parts, 'scheduling', byClass),
    find(parts, 'overflow', ({ effects }) => effects.coalesces === true),
    'items of one key should have one class',
  );

/** Room for one write of a connection beside what its queue holds. */
const IN_FLIGHT_BYTES = 64 * 1024;

/**
 * A rule on one consumer's backlog that the queue is too small to let happen. With a relay it watches the main
 * queue alone, whose bound is the same. What waits for room or on disk counts as backlog too, and has no such bound.
 */
const idleRule: CompositionRule = (parts) => {
  const queue = findBound(parts);
  if (queue === undefined || queue.effects.holdsProducer || queue.effects.serialises) return undefined;
  const queueBytes = bytesOf(queue);
  const idle = find(parts, 'slow-consumer', (part) => backlogOf(part) >= queueBytes);
  if (idle === undefined) return undefined;
  const when =
    backlogOf(idle) > queueBytes + IN_FLIGHT_BYTES
      ? 'so it will not act'
      : 'so it acts only when a write under way comes on top of a full queue';
  return {
    level: 'warning',
    code: 'idle-rule',
    parts: [idle.definition.name],
    does: `${idle.definition.name} acts above ${formatBytes(backlogOf(idle))}`,
    harm: `the queue never holds more than ${formatBytes(queueBytes)}, ${when}; give the queue more bytes or the rule fewer`,
  };
};

/** The part that sets the bounds: a ring or an overflow policy; none where no bound is in bytes. */
function findBound(parts: readonly Part[]): Part | undefined {
  const queue = parts.find(({ effects }) => effects.replacesQueue === true) ?? find(parts, 'overflow');
  if (queue === undefined || bytesOf(queue) === 0 || isUnbounded(queue)) return undefined;
  return queue;
}

function bytesOf({ params }: Part): number {
  return Number(params['capacityBytes'] ?? 0);
}

/** A queue that is too small for any item at all. */
const nothingFits: CompositionRule = (parts) => {
  const queue = findBound(parts);
  if (queue === undefined || bytesOf(queue) > DEFAULT_ITEM_OVERHEAD_BYTES) return undefined;
  const { name } = queue.definition;
  return {
    level: 'warning',
    code: 'nothing-fits',
    parts: [name],
    does: `${name} with bytes=${bytesOf(queue)}`,
    harm: `each item costs ${DEFAULT_ITEM_OVERHEAD_BYTES} bytes of overhead beside its own, so none fits; give it more bytes, or 0 for no such bound`,
  };
};

/** A share of the capacity that is less than one place. */
const emptyReserve: CompositionRule = (parts) => {
  const overflow = find(parts, 'overflow', byClass);
  const capacity = Number(overflow?.params['capacityItems'] ?? 0);
  if (overflow === undefined || capacity === 0) return undefined;
  const { name, params } = overflow.definition;
  const empty = params.find((param) => {
    const share = 'unit' in param && param.unit === 'share' ? Number(overflow.params[param.name] ?? 0) : 0;
    return share > 0 && capacity * share < 1 - 1e-9;
  });
  if (empty === undefined) return undefined;
  return {
    level: 'warning',
    code: 'empty-reserve',
    parts: [name],
    does: `${name} keeps a share of ${capacity} items that is less than one place (${empty.key})`,
    harm: 'it is rounded down to none, so it keeps none; give it more capacity or a larger share',
  };
};

/** The backlog in bytes at which a rule on one consumer acts; 0 for a rule on something else. */
function backlogOf({ definition, params }: Part): number {
  if ('createShared' in definition) return 0; // its bound is on all consumers together
  const sizes = definition.params.map((param) =>
    'unit' in param && param.unit === 'bytes' ? Number(params[param.name]) : 0,
  );
  return Math.max(0, ...sizes);
}

export const COMPOSITION_RULES: readonly CompositionRule[] = [
  unboundedBehindLimit,
  besideRing,
  spillOutOfOrder,
  priorityAndBlock,
  priorityAndAqm,
  delayAndAge,
  twoAgeJudges,
  dropsInSeries,
  twoControllers,
  idleRule,
  nothingFits,
  emptyReserve,
  priorityAndCoalesce,
];
