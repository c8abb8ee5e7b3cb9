/** From a resolved strategy to the queue that carries it out. */
import { BenchError } from '../../core/errors.ts';
import { createRandom } from '../../core/random.ts';
import type { StageSpec, StrategySpec } from '../../core/strategy.ts';
import type { Admission, AdmissionDefinition } from '../admission/admission.ts';
import type { AqmDefinition } from '../aqm/aqm.ts';
import { type Channel, type ChannelOptions, createChannel } from '../channel/channel.ts';
import type { QueueIndex } from '../channel/ready-queue.ts';
import type { ChannelStages } from '../channel/stages.ts';
import type { OverflowPolicy } from '../overflow/policy.ts';
import type { SchedulingDefinition } from '../scheduling/scheduler.ts';
import type { DepartureGate, Shaper, ShapingDefinition } from '../shaping/shaper.ts';
import type { SlowConsumerDefinition } from '../slow-consumer/rule.ts';
import type { TopologyDefinition } from '../topology/topology.ts';
import { type Definition, defaultsOf, type Params } from './definition.ts';
import { findDefinition } from './registry.ts';

/** What a queue is opened with beside its strategy. */
export type BuildChannelOptions<T> = Omit<
  ChannelOptions<T>,
  'overflow' | 'stages' | 'capacityItems' | 'capacityBytes' | 'maxWaiters'
>;

/** What all queues of one boundary share under its strategy. */
export interface SharedState {
  readonly byStage: ReadonlyMap<StageSpec, unknown>;
  /** Seeded; for the few stages that draw. */
  readonly random: () => number;
}

/** Makes what the queues of a boundary share; one for each boundary that follows `spec`. */
export function createSharedState(spec: StrategySpec, random: () => number): SharedState {
  const byStage = new Map<StageSpec, unknown>();
  for (const stage of spec.stages) {
    const definition = definitionOf(stage);
    const params = { ...defaultsOf(definition), ...stage.params } as Params;
    if (definition.stage === 'admission') {
      const admission = definition as AdmissionDefinition;
      if (admission.scope === 'boundary') byStage.set(stage, admission.create(params, random));
    } else if (definition.stage === 'slow-consumer') {
      byStage.set(stage, (definition as SlowConsumerDefinition).createShared?.(params));
    } else if (definition.stage === 'topology') {
      byStage.set(stage, (definition as TopologyDefinition).createShared?.(params));
    }
  }
  return { byStage, random };
}

/**
 * A queue that follows `spec`, as `parseStrategy` resolved it (possibly in another process).
 *
 * Errors: BPB_ERR_STRATEGY for a spec that has no overflow stage, two of a kind that may stand once, or values
 * out of their range.
 */
export function buildChannel<T>(
  spec: StrategySpec,
  options: BuildChannelOptions<T>,
  shared: SharedState = createSharedState(spec, createRandom(0, 'strategy').next),
): Channel<T> {
  const overflow = findOnly(spec, 'overflow');
  const topology = findOnly(spec, 'topology');
  const all: Omit<ChannelOptions<T>, 'overflow'> = { ...options, stages: buildStages(spec, shared) };
  if (topology === undefined) return createChannel({ ...all, ...overflowOptions(spec, overflow) });
  const definition = definitionOf(topology) as TopologyDefinition;
  // A topology that is the queue itself never asks an overflow policy.
  const complete = definition.effects.replacesQueue
    ? (all as ChannelOptions<T>)
    : { ...all, ...overflowOptions(spec, overflow) };
  return definition.create<T>(paramsOf(topology), createChannel, complete, shared.byStage.get(topology));
}

function overflowOptions(
  spec: StrategySpec,
  overflow: StageSpec | undefined,
): Pick<ChannelOptions<unknown>, 'overflow' | 'capacityItems' | 'capacityBytes' | 'maxWaiters'> {
  if (overflow === undefined) fail(spec, 'exactly one overflow stage, got none');
  const { capacityItems, capacityBytes, maxWaiters } = overflow.params as Record<string, number>;
  const policy = definitionOf(overflow) as OverflowPolicy;
  const params = paramsOf(overflow);
  return {
    overflow: policy.configure?.(params) ?? policy,
    ...(capacityItems === undefined ? {} : { capacityItems }),
    ...(capacityBytes === undefined ? {} : { capacityBytes }),
    ...(maxWaiters === undefined ? {} : { maxWaiters }),
  };
}

function buildStages<T>(spec: StrategySpec, shared: SharedState): ChannelStages<T> {
  const admission: Admission[] = [];
  const shapers: Shaper<T>[] = [];
  let gate: DepartureGate<T> | undefined;
  const slowConsumer = spec.stages
    .filter((stage) => stage.stage === 'slow-consumer')
    .map((stage) =>
      (definitionOf(stage) as SlowConsumerDefinition).create(paramsOf(stage), shared.byStage.get(stage)),
    );
  for (const stage of spec.stages) {
    if (stage.stage === 'admission') {
      const definition = definitionOf(stage) as AdmissionDefinition;
      admission.push(
        (shared.byStage.get(stage) as Admission | undefined) ??
          definition.create(paramsOf(stage), shared.random),
      );
    } else if (stage.stage === 'shaping') {
      const definition = definitionOf(stage) as ShapingDefinition;
      const shaper = definition.create?.<T>(paramsOf(stage));
      if (shaper !== undefined) shapers.push(shaper);
      gate = definition.createGate?.<T>(paramsOf(stage)) ?? gate;
    }
  }
  const scheduling = findOnly(spec, 'scheduling');
  const scheduler = scheduling && (definitionOf(scheduling) as SchedulingDefinition);
  const aqm = findOnly(spec, 'aqm');
  const aqmDefinition = aqm && (definitionOf(aqm) as AqmDefinition);
  const ttl = findOnly(spec, 'ttl');
  return {
    ...(admission.length === 0 ? {} : { admission }),
    ...(shapers.length === 0 ? {} : { shapers }),
    ...(gate === undefined ? {} : { gate }),
    ...(scheduling === undefined || scheduler === undefined
      ? {}
      : { scheduler: scheduler.create<T>(paramsOf(scheduling)) }),
    ...(scheduler?.dropReason === undefined ? {} : { schedulerDropReason: scheduler.dropReason }),
    ...(aqm === undefined || aqmDefinition === undefined
      ? {}
      : { aqm: aqmDefinition.create<T>(paramsOf(aqm)), aqmDropReason: aqmDefinition.dropReason }),
    ...(ttl === undefined ? {} : { ttlMs: Number(paramsOf(ttl)['ttlMs']) }),
    ...(slowConsumer.length === 0 ? {} : { slowConsumer }),
    indices: [
      ...new Set(spec.stages.flatMap((stage): QueueIndex[] => [...(definitionOf(stage).needs ?? [])])),
    ],
  };
}

function paramsOf(stage: StageSpec): Params {
  return { ...defaultsOf(definitionOf(stage)), ...stage.params } as Params;
}

function definitionOf(stage: StageSpec): Definition {
  const definition = findDefinition(stage.name);
  if (definition?.stage === stage.stage) return definition;
  throw new BenchError('BPB_ERR_STRATEGY', `there is no ${stage.stage} stage named '${stage.name}'`);
}

function findOnly(spec: StrategySpec, stage: StageSpec['stage']): StageSpec | undefined {
  const [first, second] = spec.stages.filter((one) => one.stage === stage);
  if (second !== undefined) fail(spec, `at most one ${stage} stage, got ${first?.name} and ${second.name}`);
  return first;
}

function fail(spec: StrategySpec, problem: string): never {
  throw new BenchError('BPB_ERR_STRATEGY', `strategy '${spec.text}': expected ${problem}`);
}
