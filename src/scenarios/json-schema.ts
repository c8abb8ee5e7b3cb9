/** The scenario document as JSON Schema, for editors. */
import * as z from 'zod';
import { scenarioSchema } from './schema.ts';
import { RESOURCE_SYNONYMS } from './system-schema.ts';

type SchemaNode = Record<string, unknown> & { properties?: Record<string, SchemaNode> };

/**
 * JSON Schema 2020-12 of what an author writes, with descriptions and defaults.
 *
 * Units are texts for JSON Schema, so it accepts some values that the validator refuses; it
 * never refuses a good one.
 */
export function scenarioJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(scenarioSchema, { target: 'draft-2020-12', io: 'input' }) as SchemaNode;
  const resources = schema.properties?.['system']?.properties?.['resources']?.properties;
  for (const [theirs, ours] of Object.entries(RESOURCE_SYNONYMS)) {
    if (resources?.[ours] === undefined) continue;
    const { default: _, ...same } = resources[ours];
    resources[theirs] = { ...same, description: `The notes' spelling of ${ours}.` };
  }
  return { ...schema, title: 'bpbench scenario' };
}
