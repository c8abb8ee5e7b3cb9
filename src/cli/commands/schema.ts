/** `bpbench schema [scenario|strategy|record|comparison|timeline|baseline]`: JSON Schema 2020-12, for editors and for readers of records. */
import { BenchError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest.ts';
import { writeOut } from '../streams.ts';

const SCHEMAS: Record<string, () => Promise<object>> = {
  scenario: async () => (await import('../../scenarios/json-schema.ts')).scenarioJsonSchema(),
  strategy: async () => (await import('../../scenarios/strategy-file.ts')).strategyFileJsonSchema(),
  record: async () => (await import('../../report/record-schema.ts')).recordJsonSchema(),
  comparison: async () => (await import('../../report/comparison-schema.ts')).comparisonJsonSchema(),
  timeline: async () => (await import('../../report/timeline-schema.ts')).timelineJsonSchema(),
  baseline: async () => (await import('../../report/baseline-schema.ts')).baselineJsonSchema(),
};

export async function schemaCommand(what = 'scenario'): Promise<void> {
  const schema = SCHEMAS[what];
  if (schema === undefined) {
    const names = Object.keys(SCHEMAS);
    throw new BenchError('BPB_ERR_UNKNOWN_NAME', `there is no schema of '${what}'`, {
      hints: [didYouMean(what, names), `the schemas: ${names.join(', ')}`].filter((hint) => hint !== ''),
    });
  }
  await writeOut(`${JSON.stringify(await schema(), null, 2)}\n`);
}
