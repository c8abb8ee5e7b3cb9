/**
 * What a gate is: a model played with the real code in virtual time, and what theory says of it. A gate that
 * fails means that no comparison of strategies can be trusted.
 */
import type { StageSpec, StrategySpec } from '../../core/strategy.ts';
import { defaultsOf } from '../../system/strategies/definition.ts';
import { findDefinition } from '../../system/strategies/registry.ts';
import type { Formulas } from '../../theory/formulas.ts';
import { type Estimate, estimateRatio, zScore } from '../estimate.ts';
import type { Batch } from '../meter.ts';
import type { SimulationPlan } from '../plan.ts';
import { type SimulationResult, type SimulationTools, simulate } from '../simulate.ts';

/** A measurement further than this from its prediction, in standard errors, fails. */
export const Z_LIMIT = 4;

/**
 * - `z`: a mean with its uncertainty, fewer than {@link Z_LIMIT} standard errors from the prediction.
 * - `exact`: equal numbers.
 * - `within`: closer than `tolerance` (a ratio) to a formula that is an approximation itself.
 * - `below`: less than the limit that stands under `predicted`.
 */
export type Judgement = 'z' | 'exact' | 'within' | 'below';

export interface GateRow {
  /** For example `loss, load 0.8, room for 5`. */
  readonly what: string;
  readonly measured: number;
  readonly predicted: number;
  /** `ratio`, `s`, `items`, `per s` or `count`. */
  readonly unit: string;
  readonly judgement: Judgement;
  readonly z: number | null;
  readonly tolerance: number | null;
  readonly ok: boolean;
  /** Why it is not ok, or what else is to be known. */
  readonly detail: string | null;
}

export interface GateContext {
  readonly seed: number;
  readonly tools: SimulationTools;
  readonly formulas: Formulas;
}

/** An instrument check: one model and its rows. */
export interface Gate {
  /** The word after `--only`. */
  readonly name: string;
  /** One line in plain words. */
  readonly title: string;
  play(context: GateContext): GateRow[] | Promise<GateRow[]>;
}

type Column = (batch: Batch) => number;

/**
 * Compares Σ above ÷ Σ below over the batches with a prediction. Luck in the arrival and service times is taken
 * out; that they follow their laws is the business of the gate `generator`.
 */
export function zRow(
  what: string,
  unit: string,
  batches: readonly Batch[],
  above: Column,
  below: Column,
  predicted: number,
): GateRow {
  const controls = [
    batches.map((batch) => batch.arrivalSurplusNs),
    batches.map((batch) => batch.serviceSurplusNs),
  ];
  const estimate = estimateRatio(batches.map(above), batches.map(below), controls);
  return estimateRow(what, unit, estimate, predicted);
}

export function estimateRow(what: string, unit: string, estimate: Estimate, predicted: number): GateRow {
  const z = zScore(estimate, predicted);
  return {
    what,
    measured: estimate.mean,
    predicted,
    unit,
    judgement: 'z',
    z,
    tolerance: null,
    ok: Math.abs(z) < Z_LIMIT,
    detail: null,
  };
}

export function exactRow(
  what: string,
  unit: string,
  measured: number,
  predicted: number,
  detail: string | null = null,
): GateRow {
  const ok = measured === predicted;
  return { what, measured, predicted, unit, judgement: 'exact', z: null, tolerance: null, ok, detail };
}

export function withinRow(
  what: string,
  unit: string,
  measured: number,
  predicted: number,
  tolerance: number,
): GateRow {
  const ok = Math.abs(measured - predicted) < tolerance * Math.abs(predicted);
  return { what, measured, predicted, unit, judgement: 'within', z: null, tolerance, ok, detail: null };
}

export function belowRow(what: string, unit: string, measured: number, limit: number): GateRow {
  const ok = measured < limit;
  return {
    what,
    measured,
    predicted: limit,
    unit,
    judgement: 'below',
    z: null,
    tolerance: null,
    ok,
    detail: null,
  };
}

/** A strategy of these stages; what is not given has its default. No bound by bytes: items have no size here. */
export function strategyOf(overflow: string | StageSpec, room: number, ...others: StageSpec[]): StrategySpec {
  const { name, params } = typeof overflow === 'string' ? stage('overflow', overflow) : overflow;
  return {
    text: [name, ...others.map((one) => one.name)].join(' + '),
    stages: [
      ...others,
      { stage: 'overflow', name, params: { ...params, capacityItems: room, capacityBytes: 0 } },
    ],
  };
}

/** A stage with its defaults. Errors: RangeError for a part that there is not, and for a parameter that it lacks. */
export function stage(
  stageName: StageSpec['stage'],
  name: string,
  params: StageSpec['params'] = {},
): StageSpec {
  const definition = findDefinition(name);
  if (definition?.stage !== stageName) throw new RangeError(`there is no ${stageName} stage '${name}'`);
  const known = definition.params.map((param) => param.name);
  for (const given of Object.keys(params)) {
    if (!known.includes(given))
      throw new RangeError(`${name} has no parameter '${given}', it has ${known.join(', ')}`);
  }
  return { stage: stageName, name, params: { ...defaultsOf(definition), ...params } };
}

/** Simulates with the context's seed and tools; a ledger that does not add up ends the gate. */
export function playPlan(context: GateContext, plan: Omit<SimulationPlan, 'seed'>): SimulationResult {
  const result = simulate({ ...plan, seed: context.seed }, context.tools);
  if (result.ledgerProblem !== undefined) throw new LedgerError(plan.strategy.text, result.ledgerProblem);
  return result;
}

export class LedgerError extends Error {
  constructor(strategy: string, problem: string) {
    super(`the ledger of ${strategy} does not add up: ${problem}`);
  }
}

// What batches are asked for again and again.

export const NS = 1e-9;
export const offered: Column = (batch) => batch.offered;
export const dropped: Column = (batch) => batch.dropped;
export const taken: Column = (batch) => batch.taken;
export const frames: Column = (batch) => batch.frames;
export const elapsedSec: Column = (batch) => batch.durationNs * NS;
export const waitSec: Column = (batch) => batch.waitNs * NS;
export const ageAreaSec2: Column = (batch) => batch.ageArea * NS * NS;
/** Items in the system, integrated over seconds. */
export const inSystemSec: Column = (batch) => (batch.depthArea + batch.servingArea) * NS;
