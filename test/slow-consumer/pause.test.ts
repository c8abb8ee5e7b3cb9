import { describe, expect, it } from 'vitest';
import disconnectDeadline from '../../src/system/slow-consumer/disconnect-deadline.ts';
import disconnectStalled from '../../src/system/slow-consumer/disconnect-stalled.ts';
import pauseUpstream from '../../src/system/slow-consumer/pause-upstream.ts';
import type { ConsumerView, SlowConsumerRule } from '../../src/system/slow-consumer/rule.ts';
import { defaultsOf } from '../../src/system/strategies/definition.ts';
import { Lane, makeRules } from './lane.ts';

const PAUSE = { highBytes: 100, lowBytes: 40 };

/** Settled offers, in the order in which they settled. */
function collect(outcomes: readonly unknown[]): string[] {
  const settled: string[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    Promise.resolve(outcome).then((word) => settled.push(`${index} ${word}`));
  }
  return settled;
}

describe('pause-upstream', () => {
  it('lets producers wait from high on, and all go on at low', async () => {
    const lane = new Lane(makeRules(pauseUpstream, PAUSE));
    const outcomes = lane.offer(20, 7);
    expect(outcomes.slice(0, 4)).toEqual(['queued', 'queued', 'queued', 'queued']);
    expect([lane.channel.depthItems, lane.channel.waiters]).toEqual([7, 3]);
    const settled = collect(outcomes.slice(4));
    lane.deliver(4); // 60 bytes
    await null;
    expect([settled.length, lane.channel.waiters]).toEqual([0, 3]);
    lane.deliver(); // 40
    expect(lane.channel.waiters).toBe(0);
    await null;
    expect(settled).toEqual(['0 queued', '1 queued', '2 queued']);
    expect(lane.offer(20)).toEqual(['queued']); // 60: below high nobody waits
    expect(lane.channel.ledger()).toMatchObject({ dropped: {}, unaccounted: 0 });
  });

  it('counts the time for which producers wait', () => {
    const lane = new Lane(makeRules(pauseUpstream, PAUSE));
    lane.offer(100);
    lane.advanceMs(25);
    expect(lane.channel.blockedMs).toBe(25);
  });

  it('lets a producer stop waiting, with its item kept', async () => {
    const lane = new Lane(makeRules(pauseUpstream, PAUSE));
    const abort = new AbortController();
    const outcome = lane.channel.offer({ size: 100 }, abort.signal);
    abort.abort();
    expect(await outcome).toBe('queued');
    expect([lane.channel.depthItems, lane.channel.waiters]).toEqual([1, 0]);
  });

  it('lets everybody go when its queue is closed or emptied', async () => {
    for (const end of ['close', 'discard'] as const) {
      const lane = new Lane(makeRules(pauseUpstream, PAUSE));
      const settled = collect(lane.offer(100, 2));
      if (end === 'close') lane.channel.close();
      else lane.channel.discardQueued('shutdown');
      await null;
      expect(settled).toEqual(['0 queued', '1 queued']);
      expect(lane.channel.ledger().unaccounted).toBe(0);
    }
  });

  it('keeps nobody waiting for a consumer that is gone', async () => {
    const lane = new Lane([...makeRules(pauseUpstream, PAUSE), ...makeRules(disconnectStalled)]);
    const settled = collect(lane.offer(100, 2));
    lane.advanceMs(5000);
    await null;
    expect([lane.disconnectedAtMs, settled]).toEqual([5000, ['0 queued', '1 queued']]);
  });

  it('refuses a low mark that is not below the high one', () => {
    expect(pauseUpstream.findProblem?.(defaultsOf(pauseUpstream))).toBeUndefined();
    expect(pauseUpstream.findProblem?.({ highBytes: 5, lowBytes: 5 })).toContain('low=5');
  });

  it('pauses at 64 KiB until 16 KiB', () => {
    expect(defaultsOf(pauseUpstream)).toEqual({ highBytes: 65_536, lowBytes: 16_384 });
  });
});

describe('what the channel owes to its rules', () => {
  class Spy implements SlowConsumerRule {
    wakeAtNs = 50e6;
    observed = 0;
    left = 0;

    observe(): 'ok' {
      this.observed++;
      return 'ok';
    }

    onLeave(_consumer: ConsumerView): void {
      this.left++;
    }
  }

  it('asks nothing more after a disconnect, tells each rule once, and no alarm is left over', () => {
    const spy = new Spy();
    const lane = new Lane([...makeRules(disconnectDeadline, { deadlineMs: 10 }), spy]);
    lane.offer(1, 3);
    lane.take();
    lane.advanceMs(10);
    const { observed } = spy;
    expect([lane.disconnectedAtMs, spy.left]).toEqual([10, 1]);
    lane.advanceMs(1000); // past the alarm that the other rule still has
    for (const item of lane.flying) lane.channel.failed(item, 'disconnect.slow');
    lane.offer(1, 3);
    expect([spy.observed, spy.left, lane.disconnects]).toEqual([observed, 1, 1]);
    expect(lane.clock.nextTimerNs).toBe(Number.POSITIVE_INFINITY);
    expect(lane.channel.ledger()).toMatchObject({ failed: { closed: 3 }, unaccounted: 0 });
  });

  it('tells a rule that its consumer is gone once the queue is closed and settled, and not before', () => {
    const spy = new Spy();
    spy.wakeAtNs = Number.POSITIVE_INFINITY;
    const lane = new Lane(spy);
    lane.offer(1, 2);
    lane.take();
    lane.channel.close();
    lane.channel.discardQueued('disconnect.peer');
    expect(spy.left).toBe(0);
    lane.deliver();
    expect(spy.left).toBe(1);
    lane.channel.close();
    expect(spy.left).toBe(1);
  });

  it('tells a consumer that another queue has given up, without a step of its own', () => {
    const lane = new Lane(makeRules(disconnectDeadline));
    lane.offer();
    (lane.channel as unknown as ConsumerView).disconnect();
    lane.clock.advanceNs(0);
    expect(lane.disconnectedAtMs).toBe(0);
  });
});
