/** Whether the checks notice: every part that is wrong on purpose must be stopped, and the sound one spared. */
import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Mutant } from './mutant.ts';
import { findMutants, NAMED } from './named.ts';

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.mutants.ts'));
const modules = await Promise.all(
  files.map((file) => import(`./${file}`) as Promise<{ default: readonly Mutant[] }>),
);
const mutants = modules.flatMap((module) => module.default);

/** P2 before P10, specimens last. */
const properties = [...new Set(mutants.map(({ property }) => property))].sort((a, b) =>
  a.localeCompare(b, 'en', { numeric: true }),
);
const killed = new Map<string, number>();

describe.each(properties)('%s', (property) => {
  it.each(mutants.filter((mutant) => mutant.property === property))('stops: $name', async (mutant) => {
    expect(await mutant.kill(), `'${mutant.name}' lives`).toBeTypeOf('string');
    expect(await mutant.spare(), 'the same check stops the sound part').toBeUndefined();
    killed.set(property, (killed.get(property) ?? 0) + 1);
  });
});

describe('the mutants that the catalogue names', () => {
  it.each(NAMED.filter((named) => named.later === undefined))('$property has: $words', (named) => {
    expect(findMutants(named, mutants)).not.toEqual([]);
  });

  it.each(NAMED.filter((named) => named.later !== undefined))('$property waits: $words ($later)', (named) => {
    expect(findMutants(named, mutants), 'it exists now: take the reason away').toEqual([]);
  });

  it('leaves no property out', () => {
    const missing = Array.from({ length: 40 }, (_, i) => `P${i + 1}`).filter(
      (property) => !NAMED.some((named) => named.property === property),
    );
    expect(missing).toEqual([]);
  });
});

afterAll(() => {
  const rows = properties.map((property) => {
    const total = mutants.filter((mutant) => mutant.property === property).length;
    return `${property.padEnd(9)} ${String(killed.get(property) ?? 0).padStart(4)} of ${total}`;
  });
  const sum = [...killed.values()].reduce((total, count) => total + count, 0);
  const percent = Math.floor((100 * sum) / mutants.length);
  process.stdout.write(`${rows.join('\n')}\nmutation score: ${sum} of ${mutants.length} (${percent} %)\n`);
});
