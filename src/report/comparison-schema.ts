/** The comparison record as a schema, equal to `core/comparison.ts`: a type test keeps them so. */
import { z } from 'zod';
import { BOUNDARY_NAMES } from '../core/boundary.ts';
import { COMPARISON_SCHEMA_VERSION } from '../core/comparison.ts';
import { environmentSchema, planSchema, strategySchema, wallTime } from './record-schema.ts';

const boundary = z.enum(BOUNDARY_NAMES);
const count = z.int().nonnegative();
const number = z.number();
const numberOrNull = number.nullable();
const text = z.string();
const textOrNull = text.nullable();
const probability = number.min(0).max(1).nullable();
const runStatus = z.enum(['pass', 'fail', 'invalid', 'stalled']);
const reasons = z.array(z.object({ code: text, message: text }));

const metricValue = z
  .union([number, z.literal('inf')])
  .nullable()
  .describe('"inf": more was never served than the percentile leaves out; null: nobody could tell');

export const metricSchema = z.object({
  name: text.refine((name) => !(name in {}), 'expected the name of a metric'),
  kind: z.enum(['ratio', 'share', 'exact']),
  unit: text,
  direction: z.enum(['lower', 'higher']).describe('which is better'),
  margin: number.describe('the change that matters: 0.1 is 10 % of a ratio, 0.005 half a point of a share'),
  floor: numberOrNull.describe('values below count as this'),
  isGated: z.boolean(),
});

export const armSchema = z.object({
  name: text,
  strategyName: text,
  strategy: z.record(boundary, strategySchema),
  version: z.object({ bpbench: text, gitCommit: textOrNull }),
  source: z.enum(['played', 'results', 'baseline']),
});

export const armRunSchema = z.object({
  block: count.nullable().describe('runs of one block are paired'),
  arm: text,
  id: text,
  folder: textOrNull,
  startedAt: wallTime,
  seed: number,
  status: runStatus,
  rejected: textOrNull.describe('null: counts; else why not'),
  values: z.record(text, metricValue).describe('by metric'),
  counts: z.object({ offered: count, delivered: count, dropped: count }),
});

export const designSchema = z.object({
  type: z.enum(['blocks', 'unpaired', 'single']),
  blocksPlanned: count,
  blocks: count,
  order: z.array(z.array(text)).describe('arms as they were played, by block'),
  replayedBlocks: count,
  replayedBlocksMax: count,
  looksPlanned: count,
  looksUsed: count,
  attempt: count,
});

export const comparedEnvironmentSchema = environmentSchema.extend({ fingerprint: text });

const interval = z.object({ low: number, high: number }).nullable();

const result = z.object({
  metric: text,
  arm: text,
  reference: text,
  n: count,
  value: metricValue,
  referenceValue: metricValue,
  estimate: numberOrNull.describe('worsening on the scale of the metric: positive is worse'),
  interval95: interval,
  interval90: interval,
  pWorse: probability,
  pBetter: probability,
  pSame: probability,
  holmWorse: probability,
  holmBetter: probability,
  qWorse: probability,
  minimumDetectable: numberOrNull,
  verdict: z.enum(['better', 'worse', 'same', 'inconclusive', 'invalid']),
  reason: textOrNull,
  blocksToSettle: count.nullable(),
  display: z
    .object({ t95: interval, cliffsDelta: numberOrNull, worseBlocks: numberOrNull })
    .describe('never decides anything'),
});

const objectives = z.object({
  loss: metricValue,
  ageP99: metricValue,
  allP99: metricValue,
  bytes: metricValue,
  blocked: metricValue,
  cpu: metricValue,
});

const need = z.object({
  expression: text,
  arms: z.array(
    z.object({
      arm: text,
      status: z.enum(['yes', 'no', 'unknown']),
      because: z.array(text),
      isUnreplicated: z.boolean(),
    }),
  ),
  smallestCapacity: z.object({ arm: text, boundary, capacityItems: number }).nullable(),
});

export const comparisonSchema = z.object({
  schemaVersion: z.literal(COMPARISON_SCHEMA_VERSION),
  kind: z.literal('comparison'),
  id: text,
  startedAt: wallTime,
  durationMs: number,
  partial: z.boolean(),
  interruptedBy: textOrNull,
  command: text.describe('repeats the comparison exactly'),
  seed: number,
  mode: z.enum(['regression', 'versus']),
  reference: text,
  plan: z.object({ hash: text, scenario: planSchema }),
  design: designSchema,
  environment: comparedEnvironmentSchema,
  arms: z.array(armSchema),
  metrics: z.array(metricSchema),
  runs: z.array(armRunSchema),
  family: z.object({
    gated: z.array(text),
    oneSidedLevel: number,
    sameLevel: number,
    blocksNeeded: count,
  }),
  results: z.array(result),
  pareto: z.array(
    z.object({ arm: text, values: objectives, dominatedBy: z.array(text).describe('empty for the front') }),
  ),
  needs: z.array(need),
  expectations: z.array(
    z.object({ expression: text, status: z.enum(['pass', 'fail', 'unknown']), detail: text }),
  ),
  findings: z.array(z.object({ code: text, level: z.enum(['info', 'warn', 'doubt']), text })),
  verdict: z.object({
    status: z.enum(['pass', 'fail', 'invalid', 'stalled', 'inconclusive']),
    reasons,
  }),
  exitCode: count,
  files: z.array(text),
});

/** JSON Schema 2020-12. Unknown keys are allowed, so that a reader survives what is added later. */
export function comparisonJsonSchema(): object {
  return {
    title: 'bpbench comparison record',
    description:
      'Several runs side by side: one run is one sample. Units are in the names or in a unit field; absent is null.',
    ...z.toJSONSchema(comparisonSchema, { target: 'draft-2020-12', io: 'input' }),
  };
}
