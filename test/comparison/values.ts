/** Runs of arms that are nothing but their values. */

import { armOf } from '../../src/comparison/arms.ts';
import type { Arm, ArmRun, MetricValue } from '../../src/core/comparison.ts';
import { makeRun } from './runs.ts';

/** One run per entry and arm, in blocks: `{ block: [{ rss: 1 }, { rss: 2 }] }`. */
export function runsWith(byArm: Readonly<Record<string, readonly Record<string, MetricValue>[]>>): ArmRun[] {
  return Object.entries(byArm).flatMap(([arm, runs]) =>
    runs.map(
      (values, block): ArmRun => ({
        ...{ arm, block, id: `${arm}${block}`, folder: null, startedAt: '', seed: block, status: 'pass' },
        rejected: null,
        values,
        counts: { offered: 1, delivered: 1, dropped: 0 },
      }),
    ),
  );
}

/** `count` runs around the values, 1 % to each side at most. */
export function around(values: Record<string, number>, count = 10): Record<string, number>[] {
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        value * (1 + 0.02 * ((index + 0.5) / count - 0.5)),
      ]),
    ),
  );
}

export function armsNamed(names: readonly string[], capacity: Readonly<Record<string, number>> = {}): Arm[] {
  return names.map((name) => {
    const strategy = name.replace(/\d+$/, '');
    return armOf(
      makeRun({ strategy, ...(capacity[name] === undefined ? {} : { capacity: capacity[name] }) }),
      name,
    );
  });
}
