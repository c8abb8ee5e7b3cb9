/** From a plan and its strategies to what counts as a stall: a step that is meant to take long is none. */
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName, type PathName } from '../../core/boundary.ts';
import type { ScenarioPlan } from '../../core/plan.ts';
import type { StageSpec, StrategySpec } from '../../core/strategy.ts';
import { effectsOfStage } from '../../system/strategies/effects.ts';
import type { StallSettings } from './evidence.ts';

export function toStallSettings(
  plan: ScenarioPlan,
  strategies: Readonly<Record<BoundaryName, StrategySpec>>,
): StallSettings {
  const patienceOf = (path: PathName): number =>
    plan.stallAfterMs +
    settingsStepMs(plan, path) +
    slowestReadMs(plan, path) +
    BOUNDARY_NAMES.filter((name) => BOUNDARIES[name].path === path)
      .flatMap((name) => strategies[name].stages)
      .reduce((sum, stage) => sum + stageStepMs(stage), 0);
  return {
    stallAfterMs: plan.stallAfterMs,
    patienceMs: { sse: patienceOf('sse'), ws: patienceOf('ws'), proxy: patienceOf('proxy') },
    holding: new Set(
      BOUNDARY_NAMES.filter((name) =>
        strategies[name].stages.some((stage) => effectsOfStage(stage).delays === true),
      ),
    ),
  };
}

/** Time that one piece of work is made to take, all along its way. */
function settingsStepMs({ system }: ScenarioPlan, path: PathName): number {
  const { consumer, origin, recorder, intercept, store, projections, ws } = system;
  if (path === 'sse') return store.writeMs + projections.serviceTimeMs;
  if (path === 'ws') return store.writeMs + ws.inbound.workMs + ws.outbound.workMs;
  const held = intercept.rules.reduce((sum, { delayMs = 0 }) => sum + delayMs, 0);
  return origin.serviceTimeMs + consumer.serviceTimeMs + consumer.freezeMs + 2 * recorder.writeMs + held;
}

/** Time in which the slowest of those who read at all takes one event whole. */
function slowestReadMs({ clients, phases }: ScenarioPlan, path: PathName): number {
  const eventBytes = Math.max(0, ...phases.map((phase) => phase.eventBytes));
  const paces = clients
    .filter((group) => group.path === path)
    .flatMap(({ readBytesPerSec }) =>
      readBytesPerSec === null || readBytesPerSec === 0 ? [] : [readBytesPerSec],
    );
  return paces.length === 0 ? 0 : (1000 * eventBytes) / Math.min(...paces);
}

/** For how long a part that holds items or producers may do so before it lets go by itself. */
function stageStepMs(stage: StageSpec): number {
  const { delays, holdsProducer } = effectsOfStage(stage);
  if (delays !== true && holdsProducer !== true) return 0;
  return Object.entries(stage.params).reduce((sum, [name, value]) => {
    if (typeof value !== 'number') return sum;
    if (name.endsWith('PerSec')) return value > 0 ? sum + 1000 / value : sum;
    return name.endsWith('Ms') ? sum + value : sum;
  }, 0);
}
