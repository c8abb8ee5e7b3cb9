import { describe, expect, it } from 'vitest';
import { renderStrategyDocument } from '../../src/system/strategies/document.ts';
import { PRESETS } from '../../src/system/strategies/presets.ts';
import { DEFINITIONS } from '../../src/system/strategies/registry.ts';

describe('docs/strategies.md', () => {
  it('says what the code says (write it anew with `npx vitest run test/strategies/document.test.ts -u`)', async () => {
    await expect(renderStrategyDocument()).toMatchFileSnapshot('../../docs/strategies.md');
  });

  it('has a row for every part and every preset, each cell with its mark', () => {
    const rows = renderStrategyDocument()
      .split('\n')
      .filter((line) => /^\| `[^`]+` \| [✓!✗]/.test(line));
    expect(rows.map((row) => /`([^`]+)`/.exec(row)?.[1]).sort()).toEqual(
      [...DEFINITIONS, ...PRESETS].map(({ name }) => name).sort(),
    );
    for (const row of rows) expect(row).toMatch(/^\| `[^`]+` (\| [✓!✗][ \d]*){4} \|/);
  });
});
