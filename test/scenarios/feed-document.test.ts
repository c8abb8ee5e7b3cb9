/** docs/feeds.md against the schema: every setting stands there, with the default that it has. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { METRIC_NAMES } from '../../src/scenarios/check-metrics.ts';
import { parseCheck } from '../../src/scenarios/checks.ts';
import { scenarioJsonSchema } from '../../src/scenarios/json-schema.ts';
import { SYNONYMS } from '../../src/scenarios/synonyms.ts';

const page = readFileSync(new URL('../../docs/feeds.md', import.meta.url), 'utf8');

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly default?: unknown;
  readonly description?: string;
}

/** First cell to second cell of each row about a setting; `a.b` `.c` stands for both. */
const rows = new Map(
  page.split('\n').flatMap((line) => {
    const [, names = '', values = ''] = line.split('|').map((cell) => cell.trim());
    const [first, ...more] = [...names.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name);
    if (first === undefined || !/^(?:store|projections|sse|ws)\.\w+$/.test(first)) return [];
    const table = first.split('.')[0];
    return [first, ...more.map((name) => `${table}${name}`)].map((name, index): [string, string] => [
      name,
      `${index} ${values}`,
    ]);
  }),
);

const system = (scenarioJsonSchema() as Node).properties?.['system']?.properties ?? {};
const synonyms = SYNONYMS.map(({ theirs }) => theirs.join('.'));
const settings = ['store', 'projections', 'sse', 'ws']
  .flatMap((table) =>
    Object.entries(system[table]?.properties ?? {}).map(([key, node]) => [`${table}.${key}`, node] as const),
  )
  .filter(([name]) => !synonyms.includes(name));

/** Of a table of settings; the page names only those that say what the table is. */
function defaultsOf(properties: Readonly<Record<string, Node>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).map(([key, node]) => [key, node.default]));
}

describe('docs/feeds.md', () => {
  it('has a row for every setting, and for nothing else', () => {
    expect(settings.length).toBeGreaterThan(35);
    expect([...rows.keys()].sort()).toEqual(settings.map(([name]) => name).sort());
  });

  it.each(settings)('says the default of %s', (name, node) => {
    const [index = '0', ...values] = (rows.get(name) ?? '').split(' ');
    const bold = [...values.join(' ').matchAll(/\*\*`?([^*`]+)`?\*\*/g)].map(([, text]) => text);
    const said = bold[Number(index)] ?? bold[0];
    const ofDescription = /Default: ([\w-]+);/.exec(node.description ?? '')?.[1];
    if (typeof node.default !== 'object') expect(said).toBe(String(node.default ?? ofDescription));
    else if (node.properties === undefined) expect(said).toBe('none');
    else expect(defaultsOf(node.properties)).toMatchObject(parse(said ?? ''));
  });

  it('writes checks that can be read, and names the spellings of the notes', () => {
    const checks = [...page.matchAll(/`([a-zA-Z.\d]+(?:\([^)]*\))? (?:<|<=|>|>=) [^`]+)`/g)].map(
      ([, text = '']) => text,
    );
    expect(checks.length).toBeGreaterThanOrEqual(10);
    for (const check of checks) expect(METRIC_NAMES).toContain(parseCheck(check).metric);
    for (const name of ['sse.max_events_per_session', 'sse.event_ttl_secs', 'resources.max_memory_mb']) {
      expect(synonyms).toContain(name);
      expect(page).toContain(name);
    }
  });
});
