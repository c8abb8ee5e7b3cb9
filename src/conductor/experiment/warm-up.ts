/** `--warmup`: a phase before the others that is recorded, drawn and not counted. */
import type { Phase, ScenarioPlan } from '../../core/plan.ts';

/** The plan with `warmupMs` of its first phase's load in front of it; the plan itself where that is 0. */
export function addWarmUp(plan: ScenarioPlan, warmupMs: number): ScenarioPlan {
  const [first] = plan.phases;
  if (first === undefined || warmupMs === 0) return plan;
  const taken = new Set(plan.phases.map(({ name }) => name));
  const warmUp: Phase = { ...first, name: freeName(taken), durationMs: warmupMs, measured: false };
  return { ...plan, phases: [warmUp, ...plan.phases] };
}

function freeName(taken: ReadonlySet<string>): string {
  for (let count = 1; ; count++) {
    const name = count === 1 ? 'warm-up' : `warm-up ${count}`;
    if (!taken.has(name)) return name;
  }
}
