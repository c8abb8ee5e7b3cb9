import type { SimulationResult } from '../simulate.ts';
import { type Gate, type GateContext, NS, playPlan, stage, strategyOf, withinRow } from './gate.ts';

const SERVICES_PER_SEC = 1000;
const INTERVAL_SEC = 0.1;
/** The formulas are fluid; the moment of the peak is that of the last step up. */
const TOLERANCE = 0.05;
const MOMENT_TOLERANCE = 0.1;
/** Of twenty items one is a twentieth. */
const SMALL_PEAK_TOLERANCE = 0.1;

function play(context: GateContext, name: string, excessPerSec: number, seconds: number): SimulationResult {
  const perSec = SERVICES_PER_SEC + excessPerSec;
  return playPlan(context, {
    strategy: strategyOf('unbounded', 1000, stage('aqm', name)),
    arrivals: { law: 'fixed', perSec },
    service: { law: 'fixed', perSec: SERVICES_PER_SEC },
    offers: perSec * seconds,
    batches: 20,
  });
}

export const codel: Gate = {
  name: 'codel',
  title: 'CoDel against sources that do not slow down',
  play(context) {
    const { codelTransient, codelServiceTransient } = context.formulas;
    const rows = [100, 500].flatMap((excess) => {
      const { peakItems, peakAtNs } = play(context, 'codel', excess, excess === 100 ? 6 : 20);
      const predicted = codelTransient(excess, INTERVAL_SEC);
      return [
        withinRow(`codel, ${excess}/s too many: peak`, 'items', peakItems, predicted.peakItems, TOLERANCE),
        withinRow(
          `codel, ${excess}/s too many: at`,
          's',
          peakAtNs * NS,
          predicted.peakAtSec,
          MOMENT_TOLERANCE,
        ),
      ];
    });
    for (const excess of [100, 1000]) {
      const { peakItems, peakAtNs, batches } = play(context, 'codel-service', excess, 22);
      const predicted = codelServiceTransient(excess, INTERVAL_SEC);
      const name = `codel-service, ${excess}/s too many`;
      const dropsPerSec =
        total(batches, (batch) => batch.dropped) / total(batches, (batch) => batch.durationNs * NS);
      rows.push(
        withinRow(
          `${name}: peak`,
          'items',
          peakItems,
          predicted.peakItems,
          excess < SERVICES_PER_SEC ? SMALL_PEAK_TOLERANCE : TOLERANCE,
        ),
        withinRow(`${name}: at`, 's', peakAtNs * NS, predicted.peakAtSec, TOLERANCE),
        withinRow(`${name}: drops`, 'per s', dropsPerSec, excess, TOLERANCE),
      );
    }
    return rows;
  },
};

function total(
  batches: SimulationResult['batches'],
  column: (batch: SimulationResult['batches'][0]) => number,
): number {
  return batches.reduce((sum, batch) => sum + column(batch), 0);
}
