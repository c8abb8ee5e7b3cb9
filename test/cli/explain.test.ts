import { describe, expect, it } from 'vitest';
import { explain, findSubject } from '../../src/cli/commands/explain.ts';
import type { BenchError } from '../../src/core/errors.ts';
import { displayWidth } from '../../src/report/text.ts';
import { PRESET_NAMES } from '../../src/system/strategies/presets.ts';
import { DEFINITION_WORDS, DEFINITIONS } from '../../src/system/strategies/registry.ts';

const page = (name: string, width = 80) => explain(findSubject(name), width);
const titlesOf = (text: string) => text.split('\n').filter((line) => /^[A-Z]/.test(line));

const SYNONYMS = [
  ...new Set(DEFINITIONS.flatMap(({ details }) => details.alsoCalled.map(({ name }) => name))),
];

describe('bpbench explain', () => {
  it.each([60, 80, 160])('fits %i columns for every name, preset and foreign word', (width) => {
    const overlong: string[] = [];
    const foreign = width === 60 ? SYNONYMS : ['DROP_LATEST', 'sliding'];
    for (const name of [...DEFINITION_WORDS, ...PRESET_NAMES, ...foreign]) {
      for (const line of page(name, width).split('\n')) {
        const isOneWord = !line.trim().includes(' ');
        if (displayWidth(line) > width && !isOneWord) overlong.push(`${name}: ${line}`);
        expect(line).not.toMatch(/undefined|NaN|\[object/);
      }
    }
    expect(overlong).toEqual([]);
  });

  it('tells of an overflow policy what happens when the queue is full, what it costs and where it may stand', () => {
    const text = page('fail');
    expect(titlesOf(text)).toEqual([
      'Stage',
      'When the queue is full',
      'Guarantees',
      'What theory predicts (λ offered, μ served, B capacity; λ > μ)',
      'Best for',
      'Beware',
      'Counts items as',
      'Also called',
      ...(text.includes('\nNaming trap') ? ['Naming trap'] : []),
      'Parameters',
      'Where it may stand',
      'Run it',
    ]);
    expect(text).toContain('proxy.events ✗ no; fail closes the queue when it is full');
    expect(text).toContain('sse.client ✓ yes');
    expect(text).toContain('--at sse.client=fail');
    expect(text).toMatch(/capacity \(items, 1 or more; default 256 at sse\.bus, 64 at sse\.client/);
  });

  it('tells of every other part what it does', () => {
    const text = page('codel');
    expect(text).toContain('What it does\n');
    expect(text).toContain('aqm: drop what has waited too long');
    expect(text).toMatch(/target \(ms, .* or more; default 5ms\)/);
    expect(page('coalesce')).toContain('position (keep | tail; default keep)');
    expect(page('latest')).toContain('capacity (items, always 1; default 1)');
    expect(page('as-written/ironstar-unbounded')).toContain('A specimen: wrong on purpose');
  });

  it('explains an alias as what it stands for', () => {
    expect(page('drop-incoming')).toBe(page('drop-newest'));
    expect(page('drop-newest')).toContain('drop-incoming (bpbench)');
  });

  it('shows the parts of a preset and of a composition', () => {
    const preset = page('gradient2+deadline');
    expect(preset).toContain('Stands for\n  gradient2 + deadline + drop-newest');
    expect(preset).toMatch(
      /\n {2}gradient2 \(admission\): [\s\S]*\n {2}deadline \(admission\): [\s\S]*\n {2}drop-newest \(overflow\): /,
    );
    const typed = page('codel + lifo');
    expect(typed).toContain('lifo (scheduling)');
    expect(typed).not.toContain('(overflow)');
    expect(typed).toContain("--at 'proxy.requests=codel + lifo'");
  });

  it('says of parts that go by class, key or flow who sets them, and of no other', () => {
    expect(page('reserve')).toMatch(/Classes, keys and flows\n {2}class: 0 is critical/);
    expect(page('coalesce')).toMatch(/Classes, keys and flows\n {2}key: /);
    expect(page('drr')).toMatch(/Classes, keys and flows\n {2}flow: /);
    expect(page('drop-oldest')).not.toContain('Classes, keys and flows');
  });

  it("tells the trap of another library's word that means two things", () => {
    const text = page('DROP_LATEST');
    expect(text).toContain('DROP_LATEST is no name of bpbench, and it means 2 things:');
    expect(text).toContain('Kotlin, Reactor: drop-newest');
    expect(text).toContain('RxJava: evict-newest');
    expect(text).toMatch(/Naming trap\n {2}DROP_LATEST drops the arriving item in Kotlin/);
    expect(text).not.toContain('Guarantees');
  });

  it("translates another library's word that means one thing, and explains that", () => {
    const text = page('sliding');
    expect(text).toContain('sliding is no name of bpbench; what is meant is drop-oldest.');
    expect(text).toContain(page('drop-oldest'));
  });

  it.each([
    ['drop-odlest', 'BPB_ERR_UNKNOWN_NAME', 'did you mean drop-oldest or drop-newest?'],
    ['drop-oldest,capcity=5', 'BPB_ERR_STRATEGY', 'did you mean capacity?'],
    ['reserve,reserve=100%', 'BPB_ERR_STRATEGY', undefined],
    ['drop-oldest +', 'BPB_ERR_STRATEGY', 'drop-oldest + codel'],
    ['drop-oldest capacity=3', 'BPB_ERR_STRATEGY', 'drop-oldest,capacity=3'],
    ['all', 'BPB_ERR_STRATEGY', 'bpbench run burst --strategy all'],
    ['my/file.yaml', 'BPB_ERR_USAGE', 'bpbench validate my/file.yaml'],
    ['', 'BPB_ERR_UNKNOWN_NAME', 'bpbench list strategies shows them all'],
    [
      'sse.bus',
      'BPB_ERR_UNKNOWN_NAME',
      'sse.bus is a boundary: the bus from the event store to each SSE client and projection',
    ],
    [
      'deadlock',
      'BPB_ERR_UNKNOWN_NAME',
      'deadlock is a scenario: bpbench run deadlock --dry-run shows what it plays',
    ],
  ])('refuses %j', (name, code, hint) => {
    let error: BenchError | undefined;
    try {
      findSubject(name);
    } catch (thrown) {
      error = thrown as BenchError;
    }
    expect(error).toMatchObject({ code });
    expect(error?.hints[0]).toBe(hint);
  });
});
