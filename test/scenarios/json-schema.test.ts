import { describe, expect, it } from 'vitest';
import { scenarioJsonSchema } from '../../src/scenarios/json-schema.ts';

// biome-ignore lint/suspicious/noExplicitAny: a JSON document of unknown depth
const schema = scenarioJsonSchema() as any;

describe('scenarioJsonSchema', () => {
  it('is JSON Schema 2020-12 that refuses unknown keys and asks only for clients and phases', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.required).toEqual(['clients', 'phases']);
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.phases.items.additionalProperties).toBe(false);
    expect(schema.properties.phases.items.required).toEqual(['duration']);
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  it('describes every key an author can write', () => {
    const undescribed: string[] = [];
    // biome-ignore lint/suspicious/noExplicitAny: a part of that document, of unknown depth too
    const walk = (node: any, path: string) => {
      for (const [key, child] of Object.entries<Record<string, unknown>>(node.properties ?? {})) {
        if (typeof child['description'] !== 'string') undescribed.push(`${path}.${key}`);
        walk(child, `${path}.${key}`);
      }
      if (node.items !== undefined && path !== '.checks') walk(node.items, `${path}[]`);
    };
    walk(schema, '');
    expect(undescribed).toEqual([]);
  });

  it('offers the notes’ spellings and shows defaults as they are written', () => {
    const resources = schema.properties.system.properties.resources.properties;
    expect(Object.keys(resources)).toEqual([
      'maxConnections',
      'maxMemory',
      'maxTasks',
      'max_connections',
      'max_memory',
      'max_memory_mb',
      'max_tasks',
    ]);
    const { sse, store } = schema.properties.system.properties;
    expect(sse.properties.max_events_per_session.description).toBe("The notes' spelling of replayEvents.");
    expect(sse.properties.event_ttl_secs.description).toBe("The notes' spelling of store.keepFor.");
    expect(store.properties.keepEvents.default).toBe(10_000);
    expect(schema.properties.grace.default).toBe('5s');
    expect(schema.properties.system.properties.origin.properties.serviceTime.default).toBe('5ms');
    expect(schema.properties.clients.items.properties.path.enum).toEqual(['sse', 'ws', 'proxy']);
  });
});
