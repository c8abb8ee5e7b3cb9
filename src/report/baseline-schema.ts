/** The baseline file as a schema, equal to `comparison/baseline-file.ts`: a type test keeps them so. */
import { z } from 'zod';
import { BASELINE_SCHEMA_VERSION } from '../comparison/baseline-file.ts';
import {
  armRunSchema,
  armSchema,
  comparedEnvironmentSchema,
  designSchema,
  metricSchema,
} from './comparison-schema.ts';
import { planSchema, wallTime } from './record-schema.ts';

const text = z.string();

export const baselineSchema = z.object({
  schemaVersion: z.literal(BASELINE_SCHEMA_VERSION),
  kind: z.literal('baseline'),
  createdAt: wallTime,
  acceptedBy: text,
  reason: text,
  source: z.object({ id: text, command: text, bpbench: text, gitCommit: text.nullable() }),
  plan: z.object({ hash: text, scenario: planSchema }),
  design: designSchema
    .pick({ type: true, blocks: true, order: true, attempt: true })
    .extend({ seed: z.number() }),
  environment: comparedEnvironmentSchema,
  calibration: text.nullable().describe('the arm that only shows how fast the host was'),
  arms: z.array(armSchema).min(1),
  metrics: z.array(metricSchema),
  runs: z.array(armRunSchema).min(1),
  noise: z
    .record(text, z.object({ sd: z.number(), n: z.int() }))
    .describe('of one run, on the scale of the metric'),
  integrity: text.describe('sha256 of the canonical JSON (RFC 8785) of everything else'),
});

/** JSON Schema 2020-12. Unknown keys are allowed, so that a reader survives what is added later. */
export function baselineJsonSchema(): object {
  return {
    title: 'bpbench baseline',
    description: 'Runs that somebody has accepted, to compare later ones with.',
    ...z.toJSONSchema(baselineSchema, { target: 'draft-2020-12', io: 'input' }),
  };
}
