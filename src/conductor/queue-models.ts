/**
 * Which formula holds for a strategy before a reader of a known pace: pure, from the strategy's stages and a
 * few rates. A composition that no formula covers gets none: a wrong prediction is worse than a missing one.
 */
import type { EventMix } from '../core/plan.ts';
import type { StageSpec, StrategySpec } from '../core/strategy.ts';
import { saturatedLossRatio, saturatedWaitSec } from '../theory/push-out.ts';
import { debounce } from '../theory/shaping.ts';

export interface QueueSituation {
  readonly arrivalsPerSec: number;
  readonly servicesPerSec: number;
  /** Items that the strategy's own queue holds, by the tighter of its bounds. */
  readonly room: number;
  readonly events: EventMix;
}

export interface QueueModel {
  /** Median time from offer to take once the queue is full, in seconds; `null` where no formula gives one. */
  readonly waitSec: number | null;
  readonly waitFormula: string;
  /** Nothing is taken later than this after its offer; `null` without such a bound. */
  readonly waitLimitSec: number | null;
  /** Items that fill the queue before the rest of the model holds. */
  readonly fillItems: number;
  /** What becomes of the surplus, as a share of the offered: lost, or another one stands for it. */
  readonly surplus: 'lost' | 'coalesced' | 'waits';
  readonly surplusRatio: number;
}

/** Stages that leave the queue a plain one in order of arrival. */
const PLAIN_STAGES: readonly string[] = ['per-sub-queue', 'fifo', 'ttl'];

/** The model of an overloaded queue (λ > μ), or `undefined` where none is known. */
export function modelQueue(strategy: StrategySpec, situation: QueueSituation): QueueModel | undefined {
  const overflow = overflowOf(strategy);
  const others = strategy.stages.filter((stage) => stage !== overflow);
  if (overflow === undefined || !others.every((stage) => PLAIN_STAGES.includes(stage.name))) return undefined;
  const model = modelOverflow(overflow, situation);
  const ttl = others.find((stage) => stage.name === 'ttl');
  return model === undefined || ttl === undefined ? model : limit(model, Number(ttl.params['ttlMs']) / 1000);
}

export function overflowOf({ stages }: StrategySpec): StageSpec | undefined {
  return stages.find((stage) => stage.stage === 'overflow');
}

function modelOverflow({ name, params }: StageSpec, situation: QueueSituation): QueueModel | undefined {
  const { arrivalsPerSec, servicesPerSec, room } = situation;
  const lossRatio = saturatedLossRatio(arrivalsPerSec, servicesPerSec);
  const losing = (waitSec: number, waitFormula: string, fillItems = room): QueueModel => ({
    waitSec,
    waitFormula,
    waitLimitSec: null,
    fillItems,
    surplus: 'lost',
    surplusRatio: lossRatio,
  });
  switch (name) {
    case 'drop-newest':
      return losing(saturatedWaitSec(name, arrivalsPerSec, servicesPerSec, room), 'B/μ');
    case 'drop-oldest':
      return losing(saturatedWaitSec(name, arrivalsPerSec, servicesPerSec, room), 'B/λ');
    case 'evict-newest':
      return losing(saturatedWaitSec(name, arrivalsPerSec, servicesPerSec, room), '(B−1)/μ + 1/λ');
    case 'latest':
      return losing(saturatedWaitSec('drop-oldest', arrivalsPerSec, servicesPerSec, 1), '1/λ', 1);
    case 'block':
      return { ...losing(room / servicesPerSec, 'B/μ'), waitSec: null, surplus: 'waits' };
    case 'coalesce':
      return modelCoalesce(params, situation);
    case 'reserve': {
      const open = openRoom(Number(params['reserve']), Number(params['reserveNormal']), situation);
      if (open === undefined) return undefined;
      const formula = open < room ? '(1−R)B/μ' : 'B/μ';
      return losing(open / servicesPerSec, formula, open);
    }
    default:
      return undefined;
  }
}

/**
 * Of n keys drawn evenly one waits in turn: a round of n services, of which it is absent n/λ. What it delivers is
 * its last update, exponentially old with mean n/λ and at most as old as its wait: the median is the smaller of
 * n·ln 2/λ and that wait.
 */
function modelCoalesce(params: StageSpec['params'], situation: QueueSituation): QueueModel | undefined {
  const { arrivalsPerSec, servicesPerSec, room, events } = situation;
  const { keys } = events;
  if (keys > room || params['position'] === 'tail') return undefined;
  const medianSec = (keys * Math.LN2) / arrivalsPerSec;
  const roundSec = keys / servicesPerSec - keys / arrivalsPerSec;
  return {
    waitSec: Math.min(medianSec, roundSec),
    waitFormula: medianSec <= roundSec ? 'n·ln2/λ' : 'n/μ − n/λ',
    waitLimitSec: null,
    fillItems: keys,
    surplus: 'coalesced',
    surplusRatio: saturatedLossRatio(arrivalsPerSec, servicesPerSec),
  };
}

/**
 * How far a queue with a reserve fills, fluid: to the first mark at which the classes still let in are too few to
 * keep it growing. `undefined` where the critical alone are too many: they are failed or wait then.
 */
function openRoom(
  reserve: number,
  reserveNormal: number,
  { arrivalsPerSec, servicesPerSec, room, events }: QueueSituation,
): number | undefined {
  const { criticalShare, sheddableShare } = events;
  if (arrivalsPerSec * (1 - sheddableShare) < servicesPerSec) return (1 - reserve) * room;
  if (arrivalsPerSec * criticalShare < servicesPerSec) return (1 - reserveNormal) * room;
  return undefined;
}

/** With a time to live: nothing that is delivered waited longer, and a queue that is longer than it is never full. */
function limit(model: QueueModel, ttlSec: number): QueueModel {
  const isBinding = model.waitSec === null || model.waitSec >= ttlSec;
  return {
    ...model,
    waitLimitSec: ttlSec,
    ...(isBinding ? { waitSec: null, waitFormula: 'ttl' } : {}),
  };
}

export interface ShapingModel {
  /** Median delay in the shaper, in seconds. */
  readonly delaySec: number;
  readonly delayFormula: string;
  /** Share that another item stands for; `null` where none does. */
  readonly coalescedRatio: number | null;
  readonly coalescedFormula: string;
}

/**
 * The model of a shaper before a queue that keeps up (λ < μ), or `undefined`. Events of many keys are random to
 * each of them even when the source is even; those of one key are not.
 */
export function modelShaping(
  strategy: StrategySpec,
  arrivalsPerSec: number,
  isRandom: boolean,
  eventBytes: number,
  { keys }: EventMix,
): ShapingModel | undefined {
  const [shaper, ...more] = strategy.stages.filter((stage) => stage.stage === 'shaping');
  const isAlone = strategy.stages.every(
    (stage) => stage === shaper || stage.stage === 'overflow' || PLAIN_STAGES.includes(stage.name),
  );
  if (shaper === undefined || more.length > 0 || !isAlone) return undefined;
  if (shaper.name === 'batch') return modelBatch(shaper, arrivalsPerSec, eventBytes);
  if (shaper.name !== 'debounce' || shaper.params['mode'] === 'leading') return undefined;
  if (keys < MANY_KEYS && !isRandom) return undefined;
  const quietSec = Number(shaper.params['quietMs']) / 1000;
  const { suppressedRatio, firstToEmissionSec } = debounce(arrivalsPerSec / keys, quietSec);
  // A longest wait that matters makes other emissions; one that is far off makes none.
  if (firstToEmissionSec > Number(shaper.params['maxWaitMs']) / 1000 / FAR) return undefined;
  return {
    delaySec: quietSec,
    delayFormula: 'q',
    coalescedRatio: suppressedRatio,
    coalescedFormula: '1 − e^(−λq/n)',
  };
}

const MANY_KEYS = 5;
const FAR = 4;

/**
 * The first item of a batch waits W, the others evenly between 0 and W. Half of all items waited less than
 * (1 + λW)/(2λ), from λW = 1 on; its mean W(1 + λW/2)/(1 + λW) is nearly the same.
 */
function modelBatch(
  { params }: StageSpec,
  arrivalsPerSec: number,
  eventBytes: number,
): ShapingModel | undefined {
  const windowSec = Number(params['windowMs']) / 1000;
  const inWindow = arrivalsPerSec * windowSec;
  // Items and bytes close no batch earlier when twice the mean number fits.
  const itemsMax = Math.min(Number(params['maxItems']), Number(params['maxBytes']) / eventBytes);
  if (inWindow < 1 || 2 * (1 + inWindow) > itemsMax) return undefined;
  return {
    delaySec: (1 + inWindow) / (2 * arrivalsPerSec),
    delayFormula: '(1 + λW)/(2λ)',
    coalescedRatio: null,
    coalescedFormula: '',
  };
}
