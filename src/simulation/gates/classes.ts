import { type Gate, NS, playPlan, stage, strategyOf, zRow } from './gate.ts';

const SERVICES_PER_SEC = 1000;

export const priority: Gate = {
  name: 'priority',
  title: 'Strict priority (Cobham)',
  play(context) {
    const perSec = [200, 400];
    const { batches } = playPlan(context, {
      strategy: strategyOf('unbounded', 1000, stage('scheduling', 'strict-priority')),
      arrivals: { law: 'poisson', perSec: 600, classShares: [1 / 3, 2 / 3] },
      service: { law: 'exponential', perSec: SERVICES_PER_SEC },
      offers: 400_000,
    });
    const predicted = context.formulas.cobhamWaitsSec(
      perSec.map((arrivalsPerSec) => ({
        arrivalsPerSec,
        serviceMeanSec: 1 / SERVICES_PER_SEC,
        serviceVariation: 1,
      })),
    );
    return ['urgent', 'other'].map((name, klass) =>
      zRow(
        `wait of the ${name}`,
        's',
        batches,
        (batch) => (batch.classWaitNs[klass] as number) * NS,
        (batch) => batch.classTaken[klass] as number,
        predicted[klass] as number,
      ),
    );
  },
};

const CRITICAL = 0;
const SHEDDABLE = 2;

export const reserve: Gate = {
  name: 'reserve',
  title: 'Room kept for the critical (reserve)',
  play(context) {
    const highPerSec = 900;
    const lowPerSec = 600;
    const room = 10;
    const reserved = 3;
    const { batches } = playPlan(context, {
      strategy: strategyOf(stage('overflow', 'reserve', { reserve: reserved / room }), room),
      arrivals: {
        law: 'poisson',
        perSec: highPerSec + lowPerSec,
        classShares: [highPerSec / (highPerSec + lowPerSec), 0, lowPerSec / (highPerSec + lowPerSec)],
      },
      service: { law: 'exponential', perSec: SERVICES_PER_SEC },
      offers: 200_000,
    });
    // The formula counts the item in service.
    const predicted = context.formulas.reserveLoss(
      highPerSec,
      lowPerSec,
      SERVICES_PER_SEC,
      room + 1,
      reserved,
    );
    const lossOf = (what: string, klass: number, lossRatio: number) =>
      zRow(
        what,
        'ratio',
        batches,
        (batch) => batch.classLost[klass] as number,
        (batch) => batch.classOffered[klass] as number,
        lossRatio,
      );
    return [
      lossOf('loss of the critical', CRITICAL, predicted.highLossRatio),
      lossOf('loss of the sheddable', SHEDDABLE, predicted.lowLossRatio),
    ];
  },
};
