/** P38: with all times and sizes multiplied, the same items leave and the same are dropped. */
import { createRandom } from '../../src/core/random.ts';
import type { Param } from '../../src/system/strategies/definition.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';
import { type Opening, SEED } from './queue.ts';
import { simulate } from './simulate.ts';

/** A power of two, so that no rounding differs. */
const FACTOR = 8;

export function findScalingProblem(subject: Pick<Opening, 'scheduling' | 'aqm'>): string | undefined {
  const { params } = subject.scheduling ?? subject.aqm ?? { params: [] };
  const [once, scaled] = [trace(subject, params, 1), trace(subject, params, FACTOR)];
  const at = once.findIndex((word, index) => word !== scaled[index]);
  if (at < 0 && once.length === scaled.length) return undefined;
  return `P38 event ${at + 1} is ${once[at]}, ${scaled[at]} at ${FACTOR} times the scale`;
}

/** What was taken and what was dropped, in order: 4 s of λ = 1500/s and μ = 1000/s, times `factor`. */
function trace(
  subject: Pick<Opening, 'scheduling' | 'aqm'>,
  params: readonly Param[],
  factor: number,
): string[] {
  const random = createRandom(SEED, 'scaling');
  const words: string[] = [];
  simulate(
    {
      ...subject,
      params: scale(params, factor),
      channel: { onEnd: (job, end) => words.push(`${job.id} ${end}`) },
    },
    {
      gapNs: () => Math.round(random.exponential(1e9 / 1500)) * factor,
      arrive: (id) => ({
        id,
        class: random.int(3),
        flow: random.int(5),
        size: (100 + random.int(40_000)) * factor,
      }),
      serviceNs: () => 1e6 * factor,
      untilNs: 4e9 * factor,
    },
    {},
  );
  return words;
}

function scale(params: readonly Param[], factor: number): Record<string, number> {
  const scaled: Record<string, number> = {};
  for (const [name, value] of Object.entries(defaultsOf({ params }))) {
    const param = params.find((one) => one.name === name);
    const isScaled =
      param !== undefined && 'unit' in param && (param.unit === 'ms' || param.unit === 'bytes');
    scaled[name] = Number(value) * (isScaled ? factor : 1);
  }
  return scaled;
}
