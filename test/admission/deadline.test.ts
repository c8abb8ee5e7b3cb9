import { describe, expect, it } from 'vitest';
import deadline from '../../src/system/admission/deadline.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';
import { Lane, make } from './lane.ts';

/** A consumer that has taken 10 ms for each of 10 items. */
function warm(deadlineMs: number): Lane {
  const lane = new Lane(make(deadline, { deadlineMs }));
  lane.offer(10);
  for (let i = 0; i < 10; i++) {
    lane.take();
    lane.advanceMs(10);
    lane.end('delivered');
  }
  return lane;
}

describe('deadline', () => {
  it('refuses once items ahead times service time is above the deadline', () => {
    const lane = warm(45);
    // 0, 10, 20, 30, 40 ms; 50 ms is too long.
    expect(lane.offer(7)).toBe('AAAAArr');
    lane.end('delivered');
    expect(lane.offer(2)).toBe('Ar');
    expect(lane.channel.ledger().dropped).toEqual({ 'admission.deadline': 3 });
  });

  it('admits an expected wait of exactly the deadline', () => {
    expect(warm(40).offer(6)).toBe('AAAAAr');
  });

  it('admits everything before it has seen a delivery', () => {
    expect(new Lane(make(deadline, { deadlineMs: 1 })).offer(50)).toBe('A'.repeat(50));
  });

  it('measures what the consumer gets done: idle time, drops and parallel work do not lengthen it', () => {
    const stage = make(deadline, { deadlineMs: 45 });
    const lane = new Lane(stage);
    for (let i = 0; i < 10; i++) {
      lane.advanceMs(1000);
      lane.offer(2);
      lane.take(2); // both at a time, done after 20 ms together: one per 10 ms
      lane.advanceMs(20);
      lane.end('delivered', 2);
    }
    const { level } = stage;
    expect(Math.abs((level as number) - 10)).toBeLessThan(0.5);
    lane.advanceMs(1000);
    lane.offer(4);
    lane.advanceMs(1000);
    lane.channel.discardQueued('shutdown');
    expect(stage.level).toBe(level);
  });

  it('learns nothing from a failed write, and leaves its time out of the next', () => {
    const stage = make(deadline, { deadlineMs: 45 });
    const lane = new Lane(stage);
    lane.offer(3);
    lane.advanceMs(10);
    lane.end('delivered');
    lane.advanceMs(5000);
    lane.end('failed');
    lane.advanceMs(10);
    lane.end('delivered');
    expect(stage.level).toBe(10);
  });

  it('gives an idle consumer an item whatever it believes, and so heals', () => {
    const stage = make(deadline, { deadlineMs: 45 });
    const lane = new Lane(stage);
    lane.offer();
    lane.advanceMs(60_000);
    lane.end('delivered');
    expect(lane.offer(3)).toBe('Arr');
    for (let i = 0; i < 200; i++) {
      lane.offer();
      lane.advanceMs(1);
      lane.end('delivered');
    }
    expect(lane.offer(3)).toBe('AAA');
  });

  it('waits a second by default', () => {
    expect(defaultsOf(deadline)).toEqual({ deadlineMs: 1000 });
  });
});
