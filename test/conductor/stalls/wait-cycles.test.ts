import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findWaitCycles, followWaits } from '../../../src/conductor/stalls/wait-cycles.ts';
import type { WaitSample } from '../../../src/core/samples.ts';

const wait = (who: string, ...freedBy: string[]): WaitSample => ({
  who,
  what: 'room',
  freedBy,
  boundary: null,
  ageMs: 6000,
});

const ringsOf = (...waits: WaitSample[]) => findWaitCycles(waits).map(({ names }) => names);

describe('a cycle of waits', () => {
  it('is somebody who waits for himself', () => expect(ringsOf(wait('a', 'a'))).toEqual([['a']]));

  it('goes around in order, from each to the one it waits for', () => {
    const [ring] = ringsOf(wait('a', 'b'), wait('b', 'c'), wait('c', 'a'));
    expect(`${ring} ${ring}`).toMatch(/a,b,c/);
    expect(ring).toHaveLength(3);
  });

  it('is not there while anybody outside could help', () => {
    expect(ringsOf(wait('a', 'b', 'x'), wait('b', 'a'))).toEqual([]);
    expect(ringsOf(wait('a', 'a', 'x'))).toEqual([]);
  });

  it('is not there where a helper is only held up by somebody at work', () => {
    expect(ringsOf(wait('a', 'b', 'x'), wait('b', 'a'), wait('x', 'y'))).toEqual([]);
  });

  it('is there when one of several things that somebody needs never comes', () => {
    expect(ringsOf(wait('a', 'x'), wait('a', 'b'), wait('b', 'a'))).toEqual([['a', 'b']]);
  });

  it('leaves out those who only wait for it', () => {
    const [cycle] = findWaitCycles([wait('z', 'a'), wait('a', 'b'), wait('b', 'a')]);
    expect(cycle?.members).toEqual(['a', 'b']);
    expect(cycle?.waits.map(({ who }) => who).sort()).toEqual(['a', 'b']);
  });

  it('is one of its own for each of two', () => {
    expect(ringsOf(wait('a', 'a'), wait('b', 'c'), wait('c', 'b'))).toHaveLength(2);
  });

  it('is nothing that a wait without names could prove', () => expect(ringsOf(wait('a'))).toEqual([]));

  it('is found among as many waits as are ever told', () => {
    const line = Array.from({ length: 200 }, (_, at) => wait(`w${at}`, `w${(at + 1) % 200}`));
    expect(ringsOf(...line)[0]).toHaveLength(200);
  });
});

describe('a line of waits', () => {
  it('ends at the peer, even where somebody else at work is named before it', () => {
    const waits = [wait('publisher', 'ws 1 writer'), wait('ws 1 writer', 'timer', 'peer of ws 1')];
    const [first] = waits as [WaitSample, WaitSample];
    expect(followWaits(first, waits)).toEqual({ waits, end: 'peer of ws 1' });
  });

  it('has no end where it runs into itself, or nobody is named', () => {
    const waits = [wait('a', 'b'), wait('b', 'a'), wait('c')];
    expect(waits.map((from) => followWaits(from, waits).end)).toEqual([undefined, undefined, undefined]);
  });
});

/** What can still happen, played out: who waits for nothing helps whoever names him, until nobody moves. */
function playOut(waits: readonly WaitSample[]): Set<string> {
  let left = [...waits];
  for (;;) {
    const waiting = new Set(left.map(({ who }) => who));
    const next = left.filter(
      ({ freedBy }) => freedBy.length > 0 && freedBy.every((name) => waiting.has(name)),
    );
    if (next.length === left.length) return waiting;
    left = next;
  }
}

describe('cycles of any waits', () => {
  const name = fc.constantFrom(...'abcdefg');
  const anyWaits = fc.array(
    fc.tuple(name, fc.array(name, { maxLength: 3 })).map(([who, freedBy]) => wait(who, ...freedBy)),
    { maxLength: 12 },
  );

  it('are exactly where playing out what can happen leaves somebody waiting', () => {
    fc.assert(
      fc.property(anyWaits, (waits) => {
        const stuck = playOut(waits);
        const cycles = findWaitCycles(waits);
        expect(cycles.length > 0).toBe(stuck.size > 0);
        for (const { names, members } of cycles) {
          for (const member of members) expect(stuck).toContain(member);
          names.forEach((who, at) => {
            const next = names[(at + 1) % names.length] as string;
            expect(waits.some((one) => one.who === who && one.freedBy.includes(next))).toBe(true);
          });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('do not keep a line of waits from ending', () => {
    fc.assert(
      fc.property(anyWaits, (waits) => {
        for (const from of waits) {
          const { waits: line, end } = followWaits(from, waits);
          expect(new Set(line.map(({ who }) => who)).size).toBe(line.length);
          if (end !== undefined) expect(waits.every(({ who }) => who !== end)).toBe(true);
        }
      }),
    );
  });
});
