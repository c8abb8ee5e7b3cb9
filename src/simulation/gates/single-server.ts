import {
  dropped,
  elapsedSec,
  type Gate,
  type GateRow,
  inSystemSec,
  offered,
  playPlan,
  strategyOf,
  zRow,
} from './gate.ts';

const SERVICES_PER_SEC = 1000;

interface Point {
  readonly load: number;
  /** With the one in service. */
  readonly capacity: number;
}

function singleServer(
  name: string,
  title: string,
  law: 'exponential' | 'fixed',
  offers: number,
  points: readonly Point[],
): Gate {
  return {
    name,
    title,
    play(context) {
      const model = law === 'exponential' ? context.formulas.mm1k : context.formulas.md1k;
      return points.flatMap(({ load, capacity }): GateRow[] => {
        const arrivalsPerSec = load * SERVICES_PER_SEC;
        const { batches } = playPlan(context, {
          strategy: strategyOf('drop-newest', capacity - 1),
          arrivals: { law: 'poisson', perSec: arrivalsPerSec },
          service: { law, perSec: SERVICES_PER_SEC },
          offers,
        });
        const predicted = model(arrivalsPerSec, SERVICES_PER_SEC, capacity);
        const where = `load ${load}, room ${capacity}`;
        return [
          zRow(`loss, ${where}`, 'ratio', batches, dropped, offered, predicted.lossRatio),
          zRow(`in system, ${where}`, 'items', batches, inSystemSec, elapsedSec, predicted.inSystem),
        ];
      });
    },
  };
}

export const mm1k = singleServer(
  'mm1k',
  'One server, random service times (M/M/1/K)',
  'exponential',
  150_000,
  [
    { load: 0.8, capacity: 5 },
    { load: 1.5, capacity: 10 },
    { load: 3, capacity: 6 },
  ],
);

export const md1k = singleServer('md1k', 'One server, fixed service times (M/D/1/K)', 'fixed', 250_000, [
  { load: 0.8, capacity: 5 },
  { load: 1, capacity: 5 },
  { load: 2, capacity: 4 },
  { load: 1, capacity: 50 },
]);
