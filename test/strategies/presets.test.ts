import { describe, expect, it } from 'vitest';
import { BOUNDARY_NAMES } from '../../src/core/boundary.ts';
import { readStrategy } from '../../src/system/strategies/parse.ts';
import { findPreset, PRESET_NAMES, PRESETS } from '../../src/system/strategies/presets.ts';
import { DEFINITION_WORDS } from '../../src/system/strategies/registry.ts';

describe.each(PRESETS.map((preset) => [preset.name, preset] as const))('%s', (name, { text }) => {
  it('is the same as its text, may be played somewhere, and says nothing twice', () => {
    const readings = BOUNDARY_NAMES.map((boundary) => readStrategy(name, boundary));
    expect(readings).toEqual(BOUNDARY_NAMES.map((boundary) => readStrategy(text, boundary)));
    expect(readings.some(({ problems }) => problems.length === 0)).toBe(true);
    const warnings = readings.flatMap(({ rulings }) => rulings.filter(({ level }) => level === 'warning'));
    expect(warnings).toEqual([]);
  });

  it('names its own overflow stage, so that it means the same everywhere', () => {
    expect(BOUNDARY_NAMES.map((boundary) => readStrategy(text, boundary).assumed)).toEqual(
      BOUNDARY_NAMES.map(() => null),
    );
  });

  it('holds the parts that its name holds', () => {
    const parts = readStrategy(text, 'sse.client').spec?.stages.map((stage) => stage.name);
    if (name.includes('+')) expect(parts).toEqual(expect.arrayContaining(name.split('+')));
  });
});

describe('presets', () => {
  it('have names of their own', () => {
    expect(PRESET_NAMES.filter((name) => DEFINITION_WORDS.includes(name))).toEqual([]);
    expect(new Set(PRESET_NAMES).size).toBe(PRESET_NAMES.length);
    expect(PRESETS.map(({ name }) => findPreset(name)?.name)).toEqual(PRESET_NAMES);
    expect(findPreset('toString')).toBeUndefined();
  });
});
