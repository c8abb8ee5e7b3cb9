import type { StrategySpec } from '../../core/strategy.ts';
import { ageAreaSec2, elapsedSec, type Gate, NS, playPlan, stage, strategyOf, zRow } from './gate.ts';

const SERVICES_PER_SEC = 1000;
const OFFERS = 100_000;
const LOADS = [0.5, 2];

export const age: Gate = {
  name: 'age',
  title: 'Age of the newest delivered item (AoI)',
  play(context) {
    const { noBufferAgeSec, oneSlotAgeSec, latestAgeSec } = context.formulas;
    const systems: [name: string, strategy: StrategySpec, formula: typeof noBufferAgeSec][] = [
      [
        'no buffer',
        strategyOf('drop-newest', 1, stage('admission', 'concurrency-static', { limitItems: 1 })),
        noBufferAgeSec,
      ],
      ['drop-newest, one place', strategyOf('drop-newest', 1), oneSlotAgeSec],
      ['latest', strategyOf('latest', 1), latestAgeSec],
    ];
    return systems.flatMap(([name, strategy, formula]) =>
      LOADS.map((load) => {
        const arrivalsPerSec = load * SERVICES_PER_SEC;
        const { batches } = playPlan(context, {
          strategy,
          arrivals: { law: 'poisson', perSec: arrivalsPerSec },
          service: { law: 'exponential', perSec: SERVICES_PER_SEC },
          offers: OFFERS,
        });
        const predicted = formula(arrivalsPerSec, SERVICES_PER_SEC);
        return zRow(`${name}, load ${load}`, 's', batches, ageAreaSec2, elapsedSec, predicted);
      }),
    );
  },
};

const KEYS = 100;
const KEYED_ARRIVALS_PER_SEC = 5000;

export const keyAge: Gate = {
  name: 'key-age',
  title: 'Age per key, 100 keys, five times overload',
  play: (context) =>
    (['coalesce', 'drop-oldest', 'drop-newest'] as const).map((policy) => {
      const { batches } = playPlan(context, {
        strategy: strategyOf(policy, KEYS),
        arrivals: { law: 'poisson', perSec: KEYED_ARRIVALS_PER_SEC, keys: KEYS },
        service: { law: 'exponential', perSec: SERVICES_PER_SEC },
        offers: 200_000,
      });
      const { coalesceAgeSec, perKeyAgeSec } = context.formulas;
      const predicted =
        policy === 'coalesce'
          ? coalesceAgeSec(KEYED_ARRIVALS_PER_SEC, SERVICES_PER_SEC, KEYS)
          : perKeyAgeSec(policy, KEYED_ARRIVALS_PER_SEC, SERVICES_PER_SEC, KEYS, KEYS);
      return zRow(
        policy,
        's',
        batches,
        (batch) => batch.keyAgeArea * NS * NS,
        (batch) => batch.durationNs * NS * KEYS,
        predicted,
      );
    }),
};
