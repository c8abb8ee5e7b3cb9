import { NS_PER_SEC } from '../../core/clock.ts';
import { estimateRatio } from '../estimate.ts';
import { createGaps } from '../laws.ts';
import { estimateRow, type Gate, type GateRow } from './gate.ts';

const PER_SEC = 1000;
const BATCHES = 100;
const DRAWS_PER_BATCH = 2000;

/** Mean, and second moment in squared means: 1 + the squared coefficient of variation. */
function momentRows(what: string, draw: () => number, secondMoment: number): GateRow[] {
  const sums: number[] = [];
  const squares: number[] = [];
  const counts: number[] = [];
  const meanNs = NS_PER_SEC / PER_SEC;
  for (let batch = 0; batch < BATCHES; batch++) {
    let sum = 0;
    let square = 0;
    for (let i = 0; i < DRAWS_PER_BATCH; i++) {
      const value = draw() / meanNs;
      sum += value;
      square += value ** 2;
    }
    sums.push(sum);
    squares.push(square);
    counts.push(DRAWS_PER_BATCH);
  }
  return [
    estimateRow(`${what}: mean`, 'means', estimateRatio(sums, counts), 1),
    estimateRow(`${what}: mean square`, 'means', estimateRatio(squares, counts), secondMoment),
  ];
}

export const generator: Gate = {
  name: 'generator',
  title: 'Random times follow their laws',
  play: ({ seed, tools }) => [
    ...momentRows(
      'gaps of random arrivals',
      createGaps({ law: 'poisson', perSec: PER_SEC }, tools.createRandom(seed, 'arrivals')),
      2,
    ),
    ...(['exponential', 'hyperexponential'] as const).flatMap((law) => {
      const service = tools.createService({ law, perSec: PER_SEC }, tools.createRandom(seed, 'service'));
      let item = 0;
      return momentRows(`${law} service`, () => service(item++), law === 'exponential' ? 2 : 5);
    }),
  ],
};
