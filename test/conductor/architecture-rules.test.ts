/** Which strategies go with which architecture of the relay. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Architecture } from '../../src/conductor/architecture-rules.ts';
import { chooseStrategies } from '../../src/conductor/strategies.ts';
import type { BenchError } from '../../src/core/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'bpbench-strategies-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SPLIT: Architecture = { architecture: 'split', actor: 'thin', force: false };
const SINGLE: Architecture = { ...SPLIT, architecture: 'single-loop' };
const OFFLOAD: Architecture = { ...SPLIT, architecture: 'offload' };
const THIN: Architecture = { ...SPLIT, architecture: 'actor' };
const FAT: Architecture = { ...THIN, actor: 'fat' };

function warningsOf(ws: Architecture, ...at: string[]): readonly string[] {
  return chooseStrategies([], at, ['ws.outbound'], ws).choices[0]?.warnings ?? [];
}

function refusalOf(ws: Architecture, ...at: string[]): BenchError {
  try {
    warningsOf(ws, ...at);
  } catch (thrown) {
    return thrown as BenchError;
  }
  throw new Error('it was taken');
}

describe('an architecture in which somebody would wait for himself', () => {
  it.each([
    ['single-loop', SINGLE, 'block'],
    ['single-loop', SINGLE, 'reserve,critical=block'],
    ['single-loop', SINGLE, 'spill'],
    ['single-loop', SINGLE, 'ring-gated'],
    ['single-loop', SINGLE, 'drop-newest + pause-upstream'],
    ['single-loop', SINGLE, 'as-written/ironstar-unbounded'],
    ['offload', OFFLOAD, 'block'],
    ['actor with actor fat', FAT, 'block'],
  ])('%s refuses what makes producers wait: %o %s', (name, ws, strategy) => {
    const error = refusalOf(ws, `ws.outbound=${strategy}`);
    expect(error.code).toBe('BPB_ERR_STRATEGY');
    expect(error.message).toContain(`makes producers wait: under architecture ${name}`);
    expect(error.hints).toEqual([
      '--at ws.outbound=drop-newest',
      name.startsWith('actor') ? '--set system.ws.actor=thin' : '--set system.ws.architecture=split',
      '--set system.ws.force=true plays it all the same, to study the dead-lock',
    ]);
  });

  it.each([
    ['what drops, in a single loop', SINGLE, ['ws.outbound=drop-newest']],
    ['what spills and drops at last, in a single loop', SINGLE, ['ws.outbound=spill,onDiskFull=drop']],
    ['what waits, where a reader and a writer are two', SPLIT, ['ws.outbound=block']],
    ['what waits, with a thin actor', THIN, ['ws.outbound=block', 'ws.mailbox=block']],
    ['a mailbox that waits, with a fat actor that does not', FAT, ['ws.mailbox=block']],
    ['what waits at another boundary', SINGLE, ['proxy.events=block']],
  ])('takes %s', (_, ws, at) => {
    expect(warningsOf(ws, ...at).filter((text) => text.includes('makes producers wait'))).toEqual([]);
  });

  it('takes by force what it refuses, with a warning', () => {
    for (const ws of [SINGLE, OFFLOAD, FAT]) {
      expect(warningsOf({ ...ws, force: true }, 'ws.outbound=block')).toEqual([
        expect.stringMatching(/^ws\.outbound: block makes producers wait: .* stands still for ever$/),
      ]);
    }
  });

  it('takes a wait that ends by itself, with a warning', () => {
    expect(warningsOf(SINGLE, 'ws.outbound=timeout')).toEqual([
      expect.stringMatching(/each such wait ends at its deadline/),
    ]);
  });

  it('says that nobody uses a mailbox without an actor', () => {
    expect(warningsOf(SPLIT, 'ws.mailbox=block')).toEqual([
      expect.stringMatching(/architecture split has no actor, so nothing goes through it$/),
    ]);
    expect(warningsOf(THIN, 'ws.mailbox=block')).toEqual([]);
    expect(warningsOf(SPLIT)).toEqual([]);
  });

  it('leaves out of all what it refuses, and says why', () => {
    const play = (ws: Architecture) => chooseStrategies(['all'], [], ['ws.outbound'], ws);
    const reasons = new Map(play(SINGLE).leftOut.map(({ name, reason }) => [name, reason]));
    expect(reasons.get('block')).toMatch(/^at ws\.outbound: block makes producers wait: under architecture/);
    const names = (ws: Architecture) => play(ws).choices.map(({ name }) => name);
    expect(names(SINGLE)).toEqual(names(SPLIT).filter((name) => !reasons.has(name)));
    expect(names(SPLIT)).toContain('block');
  });

  it('refuses what a file sets there', () => {
    const file = join(folder, 'waits.yaml');
    writeFileSync(file, 'boundaries:\n  ws.outbound: block\n');
    expect(() => chooseStrategies([file], [], ['sse.client'], SINGLE)).toThrow(
      /under architecture single-loop/,
    );
  });
});
