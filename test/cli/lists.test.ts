import { describe, expect, it } from 'vitest';
import { listStrategies, renderGroups } from '../../src/cli/lists.ts';
import { renderNotices } from '../../src/cli/notices.ts';
import { displayWidth } from '../../src/report/text.ts';
import { PRESETS } from '../../src/system/strategies/presets.ts';
import { DEFINITIONS } from '../../src/system/strategies/registry.ts';

describe('bpbench list strategies', () => {
  it('shows every part and every preset once, by stage', () => {
    const groups = listStrategies();
    expect(groups.flatMap(({ entries }) => entries.map(({ name }) => name)).sort()).toEqual(
      [...DEFINITIONS, ...PRESETS].map(({ name }) => name).sort(),
    );
    expect(groups.map(({ title }) => title?.split(':')[0])).toEqual([
      'overflow',
      'scheduling',
      'aqm',
      'ttl',
      'shaping',
      'admission',
      'topology',
      'slow-consumer',
      'presets',
    ]);
    for (const entry of groups.flatMap(({ entries }) => entries)) {
      expect(entry).toMatchObject({
        name: expect.any(String),
        summary: expect.any(String),
        stage: expect.any(String),
        aliases: expect.any(Array),
        specimen: expect.any(Boolean),
        params: expect.any(Array),
      });
    }
  });

  it.each([60, 80, 120])('fits %i columns', (width) => {
    const lines = renderGroups(listStrategies(), width, '  ');
    expect(lines.filter((line) => displayWidth(line) > width)).toEqual([]);
    expect(lines.join('\n')).not.toMatch(/undefined/);
  });

  it('gives a long name a line of its own', () => {
    const group = {
      title: 'stage: what it does',
      entries: [
        { name: 'short', summary: 'one' },
        { name: 'a-name-that-is-longer-than-its-column', summary: 'two' },
      ],
    };
    expect(renderGroups([group], 60)).toEqual([
      'stage: what it does',
      '  short                     one',
      '  a-name-that-is-longer-than-its-column',
      '                            two',
    ]);
  });
});

describe('notices before a run', () => {
  const choice = (name: string, warnings: string[]) => ({
    name,
    word: name,
    byBoundary: {} as never,
    warnings,
  });

  it('say nothing when there is nothing to say', () => {
    expect(renderNotices({ choices: [choice('a', [])], leftOut: [], remarks: [] }, 80)).toBe('');
  });

  it('tell warnings and what was left out, wrapped, and whose they are when there are several', () => {
    expect(renderNotices({ choices: [choice('a', ['ws: careful'])], leftOut: [], remarks: [] }, 80)).toBe(
      'warning: ws: careful\n',
    );
    const text = renderNotices(
      {
        choices: [choice('a', ['ws: careful']), choice('b', ['ws: careful'])],
        leftOut: [{ name: 'c', reason: 'it makes no sense where one consumer serves all' }],
        remarks: [],
      },
      40,
    );
    expect(text.split('\n')).toEqual([
      'warning: a at ws: careful',
      'warning: b at ws: careful',
      'left out: c: it makes no sense where one',
      '  consumer serves all',
      '',
    ]);
  });
});
