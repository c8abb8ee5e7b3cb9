import { BenchError } from '../../core/errors.ts';
import type { StrategySpec } from '../../core/strategy.ts';
import { DEFINITIONS } from '../../system/strategies/registry.ts';
import { type SimulationResult, simulate } from '../simulate.ts';
import { exactRow, type Gate, type GateContext, stage, strategyOf } from './gate.ts';

const OFFERS = 2000;

/** Every part of every stage, alone before a small queue that is overloaded, with its own defaults. */
function playPart(context: GateContext, strategy: StrategySpec, seed = context.seed): SimulationResult {
  return simulate(
    {
      seed,
      strategy,
      arrivals: { law: 'poisson', perSec: 2000, classShares: [0.1, 0.4, 0.5], keys: 40 },
      service: { law: 'exponential', perSec: 1000 },
      offers: OFFERS,
      batches: 20,
      followsEvicted: true,
    },
    context.tools,
  );
}

const PARTS = DEFINITIONS.filter((definition) => definition.specimen !== true).map(
  ({ name, stage: stageName }): StrategySpec =>
    stageName === 'overflow' ? strategyOf(name, 16) : strategyOf('drop-oldest', 16, stage(stageName, name)),
);

export const ledger: Gate = {
  name: 'ledger',
  title: 'Every item of every strategy ends in exactly one column',
  play(context) {
    const problems: string[] = [];
    const left: string[] = [];
    let items = 0;
    for (const strategy of PARTS) {
      try {
        const { ledger: counts, ledgerProblem } = playPart(context, strategy);
        items += counts.offered;
        if (ledgerProblem !== undefined) problems.push(`${strategy.text}: ${ledgerProblem}`);
      } catch (thrown) {
        // A part that needs more than a queue (a folder on disk) says so when it is made.
        if (!(thrown instanceof BenchError && thrown.code === 'BPB_ERR_STRATEGY')) throw thrown;
        left.push(strategy.text);
      }
    }
    const detail = [
      ...problems,
      `${PARTS.length - left.length} parts, ${items} items`,
      ...(left.length === 0 ? [] : [`not played: ${left.join(', ')}`]),
    ].join('; ');
    return [exactRow('parts whose ledger does not add up', 'count', problems.length, 0, detail)];
  },
};

/** Everything that remembers, hashes or draws. */
const COMPOSED = strategyOf(
  'coalesce',
  16,
  stage('admission', 'token-bucket', { ratePerSec: 1800, burstItems: 20 }),
  stage('shaping', 'batch', { windowMs: 5 }),
  stage('scheduling', 'fq-codel'),
);

export const determinism: Gate = {
  name: 'determinism',
  title: 'The same seed gives the same run, another seed another one',
  play(context) {
    const digestOf = (seed: number): string => {
      const { digest, depthDigest, ledger: counts } = playPart(context, COMPOSED, seed);
      return [digest, depthDigest, JSON.stringify(counts)].join(' ');
    };
    const first = digestOf(context.seed);
    return [
      exactRow('repeated run that differs', 'count', digestOf(context.seed) === first ? 0 : 1, 0),
      exactRow('run of another seed that differs', 'count', digestOf(context.seed + 1) === first ? 0 : 1, 1),
    ];
  },
};
