import { describe, expect, it } from 'vitest';
import type { Admission } from '../../src/system/admission/admission.ts';
import breaker from '../../src/system/admission/breaker.ts';
import coalesce from '../../src/system/overflow/coalesce.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';
import { findBreakerProblem } from './checks.ts';
import { Lane, make } from './lane.ts';

const SMALL = { windowCount: 4, failureShare: 0.5, openMs: 100, probeCount: 3 };
const [CLOSED, HALF_OPEN, OPEN] = [0, 1, 2];

function open(params = {}): { lane: Lane; stage: Admission } {
  const stage = make(breaker, { ...SMALL, ...params });
  return { lane: new Lane(stage), stage };
}

describe('breaker', () => {
  it('keeps P28: nothing while open, at most the probes while half-open', () => {
    expect(findBreakerProblem(() => make(breaker, SMALL), 3)).toBeUndefined();
  });

  it('opens at exactly the share, over exactly the last window of ends', () => {
    const { lane, stage } = open();
    lane.offer(8);
    lane.end('failed');
    lane.end('delivered', 4);
    lane.end('failed');
    expect(stage.level).toBe(CLOSED); // d d d f: a quarter
    lane.end('failed');
    expect(stage.level).toBe(OPEN); // d d f f
    expect(lane.offer()).toBe('r');
    expect(lane.channel.ledger().dropped).toEqual({ 'admission.breaker': 1 });
  });

  it('does not judge by fewer ends than the window', () => {
    const { lane, stage } = open();
    lane.offer(3);
    lane.end('failed', 3);
    expect(stage.level).toBe(CLOSED);
  });

  it('counts drops of the queue as failures', () => {
    const stage = make(breaker, SMALL);
    const lane = new Lane(stage, { capacityItems: 1 });
    expect(lane.offer(5)).toBe('Arrrr');
    expect(stage.level).toBe(OPEN);
    expect(lane.channel.ledger().dropped).toEqual({ 'overflow.drop-newest': 4 });
  });

  it('opens for slow items, slower than the limit and not as slow', () => {
    const { lane, stage } = open({ slowMs: 50, slowShare: 0.75 });
    lane.offer(4);
    lane.end('delivered');
    lane.advanceMs(50);
    lane.end('delivered', 3);
    expect(stage.level).toBe(CLOSED);
    lane.offer(3);
    lane.advanceMs(51);
    lane.end('delivered', 3);
    expect(stage.level).toBe(OPEN);
  });

  it('becomes half-open with the first offer at the end of its time, and says how long that is', () => {
    const { lane, stage } = open();
    lane.offer(4);
    lane.end('failed', 4);
    expect(stage.retryAfterNs?.(lane.clock.nowNs())).toBe(100e6);
    lane.clock.advanceNs(100e6 - 1);
    expect(lane.offer()).toBe('r');
    expect(stage.retryAfterNs?.(lane.clock.nowNs())).toBe(1);
    lane.clock.advanceNs(1);
    expect(stage.level).toBe(OPEN);
    expect(lane.offer(5)).toBe('AAArr');
    expect(stage.level).toBe(HALF_OPEN);
  });

  it('waits for all probes, then judges them by the same share', () => {
    const { lane, stage } = open({ probeCount: 4 });
    lane.offer(4);
    lane.end('failed', 4);
    lane.advanceMs(100);
    lane.offer(4);
    lane.end('failed');
    lane.end('delivered', 2);
    expect([stage.level, lane.offer()]).toEqual([HALF_OPEN, 'r']);
    lane.end('failed');
    expect(stage.level).toBe(OPEN); // 2 of 4
    lane.advanceMs(100);
    lane.offer(4);
    lane.end('delivered', 3);
    lane.end('failed');
    expect(stage.level).toBe(CLOSED); // 1 of 4
    // A new window: the probes are forgotten.
    lane.offer(3);
    lane.end('failed', 3);
    expect(stage.level).toBe(CLOSED);
  });

  it('takes no notice of items from before it opened', () => {
    const { lane, stage } = open();
    lane.offer(10);
    lane.end('failed', 4);
    lane.end('failed', 2); // while open
    lane.advanceMs(100);
    expect(lane.offer(3)).toBe('AAA');
    lane.end('failed', 4); // four old ones, while half-open
    expect([stage.level, lane.offer()]).toEqual([HALF_OPEN, 'r']);
    lane.end('delivered', 3);
    expect(stage.level).toBe(CLOSED);
  });

  it('gives the place of a coalesced probe to another item', () => {
    const stage = make(breaker, { ...SMALL, probeCount: 1 });
    const lane = new Lane(stage, { overflow: coalesce });
    for (let i = 0; i < 4; i++) {
      lane.offer();
      lane.end('failed');
    }
    lane.advanceMs(100);
    expect(lane.offer(2)).toBe('Ar');
    lane.end('delivered');
    expect(stage.level).toBe(CLOSED);
  });

  it('stays open when the clock goes back', () => {
    const stage = make(breaker, SMALL);
    const lane = new Lane(stage);
    lane.advanceMs(1000);
    lane.offer(4);
    lane.end('failed', 4);
    expect(stage.retryAfterNs?.(0)).toBe(100e6);
  });

  it('has the defaults of resilience4j', () => {
    expect(defaultsOf(breaker)).toEqual({
      windowCount: 100,
      failureShare: 0.5,
      slowMs: 60_000,
      slowShare: 1,
      openMs: 60_000,
      probeCount: 10,
    });
  });
});
