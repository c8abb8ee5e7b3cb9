/** Claims W-10 and W-11, in steps of one write each: who goes first, and who never does. */
import { describe, expect, it } from 'vitest';
import { ControlLane } from '../../../src/system/ws/control-lane.ts';

const pong = (number: number) => ({ kind: 'pong', wire: Uint8Array.of(number) }) as const;

/** One write per step; `pingsPerStep` arrive before each. Answers messages written, and how long each pong waited. */
function play(lane: ControlLane, steps: number, pingsPerStep: (step: number) => number, messages: number) {
  const arrived: number[] = [];
  const waits: number[] = [];
  let written = 0;
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < pingsPerStep(step); i++) if (lane.push(pong(step))) arrived.push(step);
    if (lane.next(written < messages) === undefined) written += written < messages ? 1 : 0;
    else waits.push(step - (arrived.shift() as number));
  }
  return { written, waits };
}

describe('a lane of its own', () => {
  it('lets a pong go before every message that waits', () => {
    const lane = new ControlLane(32, null);
    const { waits, written } = play(lane, 1000, (step) => (step % 100 === 50 ? 1 : 0), 1000);
    expect(waits).toEqual(Array(10).fill(0));
    expect(written).toBe(990);
  });

  it('strict: a flood of pings starves every message', () => {
    const { written } = play(new ControlLane(null, null), 1000, () => 1, 1000);
    expect(written).toBe(0);
  });

  it.each([1, 4, 9])('weighted by %i: one message after so many pongs, whatever floods', (weight) => {
    const { written } = play(new ControlLane(null, weight), 1000, () => 2, 1000);
    expect(written).toBe(Math.floor(1000 / (weight + 1)));
  });

  it('strict with a bound starves no less: a bound is for memory', () => {
    const lane = new ControlLane(4, null);
    expect(play(lane, 1000, () => 3, 1000).written).toBe(0);
    expect(lane.length).toBe(3); // full, and one just taken
  });

  it('keeps the latest pong when it is full, and never loses a close', () => {
    const lane = new ControlLane(2, null);
    expect([1, 2, 3, 4].map((number) => lane.push(pong(number)))).toEqual([true, true, false, false]);
    const close = { kind: 'close', code: 1000, reason: Buffer.alloc(0) } as const;
    expect(lane.push(close)).toBe(true);
    expect([lane.next(true), lane.next(true), lane.next(true), lane.next(true)]).toEqual([
      pong(1),
      pong(4),
      close,
      undefined,
    ]);
  });
});
