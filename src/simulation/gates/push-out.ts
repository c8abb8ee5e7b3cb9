import type { SimulationResult } from '../simulate.ts';
import {
  belowRow,
  exactRow,
  type Gate,
  type GateContext,
  type GateRow,
  playPlan,
  stage,
  strategyOf,
  taken,
  waitSec,
  zRow,
} from './gate.ts';

const ARRIVALS_PER_SEC = 1500;
const SERVICES_PER_SEC = 1000;
const ROOM = 10;
const OFFERS = 150_000;
const POLICIES = ['drop-newest', 'drop-oldest', 'evict-newest'] as const;

function playPolicy(context: GateContext, policy: string): SimulationResult {
  return playPlan(context, {
    strategy: strategyOf(policy, ROOM),
    arrivals: { law: 'poisson', perSec: ARRIVALS_PER_SEC },
    service: { law: 'exponential', perSec: SERVICES_PER_SEC },
    offers: OFFERS,
    followsEvicted: true,
  });
}

/** One run of each policy answers three questions: who loses how much, how long the rest waited, and Little's law. */
export const pushOut: Gate = {
  name: 'push-out',
  title: 'Who dies when the queue is full: same loss, other waits',
  play(context) {
    const [reference, ...others] = POLICIES.map((policy) => playPolicy(context, policy)) as [
      SimulationResult,
      ...SimulationResult[],
    ];
    const rows: GateRow[] = [];
    others.forEach((result, index) => {
      const policy = POLICIES[index + 1];
      rows.push(
        exactRow(`drops, ${policy} (as drop-newest)`, 'count', dropsOf(result), dropsOf(reference)),
        exactRow(`other depths, ${policy}`, 'count', result.depthDigest === reference.depthDigest ? 0 : 1, 0),
      );
    });
    POLICIES.forEach((policy, index) => {
      const { batches } = [reference, ...others][index] as SimulationResult;
      const predicted = context.formulas.pushOutWaitSec(policy, ARRIVALS_PER_SEC, SERVICES_PER_SEC, ROOM);
      rows.push(
        zRow(`wait of the delivered, ${policy}`, 's', batches, waitSec, taken, predicted),
        belowRow(`Little residual, ${policy}`, 'ratio', littleResidual(batches), 0.02),
      );
    });
    return rows;
  },
};

/** Everything that waited, served or not, against the integral of the depth: Lq = Σ λᵢWᵢ. */
function littleResidual(batches: SimulationResult['batches']): number {
  let area = 0;
  let waited = 0;
  for (const { depthArea, waitNs, evictedWaitNs } of batches) {
    area += depthArea;
    waited += waitNs + evictedWaitNs;
  }
  return Math.abs(area - waited) / area;
}

function dropsOf({ ledger }: SimulationResult): number {
  return Object.values(ledger.dropped).reduce((sum, count) => sum + count, 0);
}

export const lifo: Gate = {
  name: 'lifo',
  title: 'Newest first in overload (lifo + drop-oldest)',
  play(context) {
    const { batches } = playPlan(context, {
      strategy: strategyOf('drop-oldest', 20, stage('scheduling', 'lifo')),
      arrivals: { law: 'poisson', perSec: 3000 },
      service: { law: 'exponential', perSec: SERVICES_PER_SEC },
      offers: OFFERS,
    });
    const predicted = context.formulas.lifoWaitSec(3000, SERVICES_PER_SEC);
    return [zRow('wait of the delivered', 's', batches, waitSec, taken, predicted)];
  },
};
