import { describe, expect, it } from 'vitest';
import { ConnectGate, MAX_OPENS_PER_TURN } from '../../src/load/connect-gate.ts';

describe('connect gate', () => {
  it('lets only so many be half open, the others come in order', () => {
    const gate = new ConnectGate(2);
    const opened: number[] = [];
    for (let i = 0; i < 5; i++) gate.enter(() => opened.push(i) > 0);
    expect(opened).toEqual([0, 1]);
    gate.leave();
    expect(opened).toEqual([0, 1, 2]);
    gate.leave();
    gate.leave();
    expect(opened).toEqual([0, 1, 2, 3, 4]);
    gate.enter(() => opened.push(5) > 0);
    expect(opened).toHaveLength(5);
  });

  it('one that stays out takes no place', () => {
    const gate = new ConnectGate(1);
    const opened: number[] = [];
    gate.enter(() => false);
    gate.enter(() => opened.push(1) > 0);
    expect(opened).toEqual([1]);
  });

  it('opens a few per turn, so that other work has its turn in between', () => {
    const turns: (() => void)[] = [];
    const gate = new ConnectGate(1000, (run) => turns.push(run));
    let opened = 0;
    for (let i = 0; i < 40; i++) gate.enter(() => ++opened > 0);
    expect(opened).toBe(MAX_OPENS_PER_TURN);
    gate.leave();
    expect(opened).toBe(MAX_OPENS_PER_TURN);
    turns.shift()?.();
    expect(opened).toBe(2 * MAX_OPENS_PER_TURN);
    turns.shift()?.();
    expect(opened).toBe(40);
    expect(turns).toHaveLength(1);
  });

  it('after stop nobody comes in', () => {
    const gate = new ConnectGate(1);
    const opened: number[] = [];
    for (let i = 0; i < 3; i++) gate.enter(() => opened.push(i) > 0);
    gate.stop();
    gate.leave();
    gate.enter(() => opened.push(9) > 0);
    expect(opened).toEqual([0]);
  });
});
