/** The scenario document as JSON Schema, for editors. */
import * as z from 'zod';
import { scenarioSchema } from './schema.ts';
import { SYNONYMS } from './synonyms.ts';

type SchemaNode = Record<string, unknown> & { properties?: Record<string, SchemaNode> };

/**
 * JSON Schema 2020-12 of what an author writes, with descriptions and defaults.
 *
 * Units are texts for JSON Schema, so it accepts some values that the validator refuses; it
 * never refuses a good one.
 */
export function scenarioJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(scenarioSchema, { target: 'draft-2020-12', io: 'input' }) as SchemaNode;
  const tables = schema.properties?.['system']?.properties;
  for (const { theirs, ours } of SYNONYMS) {
    const keys = tables?.[theirs[0]]?.properties;
    const meant = tables?.[ours[0]]?.properties?.[ours[1]];
    if (keys === undefined || meant === undefined) continue;
    const { default: _, ...same } = meant;
    const name = theirs[0] === ours[0] ? ours[1] : ours.join('.');
    keys[theirs[1]] = { ...same, description: `The notes' spelling of ${name}.` };
  }
  return { ...schema, title: 'bpbench scenario' };
}
