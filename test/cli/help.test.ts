import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hiddenBuffers } from '../../src/cli/hidden-buffer-gate.ts';
import { loadPlayable } from '../../src/cli/load-playable.ts';
import { createProgram } from '../../src/cli/main.ts';
import { ALL_FORMATS } from '../../src/report/formats/registry.ts';
import { ALL_TREND_FORMATS } from '../../src/report/trend/formats.ts';
import { GATES } from '../../src/simulation/gates/registry.ts';

function helpOf(name: string): string {
  const command = createProgram().commands.find((one) => one.name() === name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  let text = '';
  command.configureOutput({ writeOut: (piece) => (text += piece) }).outputHelp();
  return text;
}

describe('help', () => {
  it('shows no empty list as a default, and the other defaults', () => {
    for (const command of createProgram().commands) {
      expect(helpOf(command.name())).not.toContain('(default: [])');
    }
    expect(helpOf('run')).toContain('(default: "results")');
  });

  it.each([
    ['report', ALL_FORMATS],
    ['trend', ALL_TREND_FORMATS],
  ])('of %s lists every format with its extensions, in their order', (command, formats) => {
    const [, lines = ''] = /forced with format=file:\n([\s\S]*?)\n\n/.exec(helpOf(command)) ?? [];
    const listed = lines.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(listed).toEqual(formats.map(({ name, extensions }) => [name, extensions.join(', ')]));
  });

  it('of selfcheck lists every check, in their order', () => {
    const [, names = ''] = /Checks:\n([\s\S]*?)\n\n/.exec(helpOf('selfcheck')) ?? [];
    expect(names.trim().split(/,\s+/)).toEqual([...GATES, hiddenBuffers].map(({ name }) => name));
  });
});

it('a strategy file in the place of a scenario is told from one', () => {
  const path = fileURLToPath(new URL('../../examples/strategy.yaml', import.meta.url));
  expect(() => loadPlayable(path)).toThrow('is a strategy file, not a scenario');
  expect(loadPlayable('burst').defaultName).toBe('burst');
});
