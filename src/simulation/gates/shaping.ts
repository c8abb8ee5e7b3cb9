import {
  elapsedSec,
  frames,
  type Gate,
  NS,
  playPlan,
  stage,
  strategyOf,
  taken,
  waitSec,
  zRow,
} from './gate.ts';

const AMPLE = 100_000;

export const shaping: Gate = {
  name: 'shaping',
  title: 'Debounce, batch and sample on random input',
  play(context) {
    const { formulas } = context;
    const play = (arrivalsPerSec: number, name: string, params: Record<string, number | string>) =>
      playPlan(context, {
        strategy: strategyOf('drop-newest', AMPLE, stage('shaping', name, params)),
        arrivals: { law: 'poisson', perSec: arrivalsPerSec },
        service: null,
        offers: 100_000,
      }).batches;

    const quietMs = 50;
    const debounced = play(20, 'debounce', { quietMs, maxWaitMs: 3_600_000 });
    const debounce = formulas.debounce(20, quietMs / 1000);
    const windowMs = 100;
    const batched = play(50, 'batch', { maxItems: 10_000, maxBytes: 1024 ** 3, windowMs });
    const batch = formulas.batch(50, windowMs / 1000);
    const periodMs = 100;
    const sampled = play(20, 'sample', { periodMs });
    return [
      zRow('debounce: emissions', 'per s', debounced, taken, elapsedSec, debounce.emissionsPerSec),
      zRow(
        'debounce: first item to emission',
        's',
        debounced,
        (one) => one.sinceFirstNs * NS,
        taken,
        debounce.firstToEmissionSec,
      ),
      zRow('batch: delay', 's', batched, waitSec, taken, batch.delaySec),
      zRow('batch: items in one', 'items', batched, taken, frames, batch.items),
      zRow('batch: batches', 'per s', batched, frames, elapsedSec, batch.batchesPerSec),
      zRow(
        'sample: emissions',
        'per s',
        sampled,
        taken,
        elapsedSec,
        formulas.sampleEmissionsPerSec(20, periodMs / 1000),
      ),
    ];
  },
};
