/** Parts of the load worker wired for a test of one of them. */
import { createHostClock, takeEpochNs } from '../../src/core/clock.ts';
import type { ClientGroup } from '../../src/core/plan.ts';
import { GroupTotals } from '../../src/load/group-totals.ts';
import { Recorder } from '../../src/load/recorder.ts';
import type { Subscriber, SubscriberOutcome } from '../../src/load/subscriber.ts';
import { Subscription } from '../../src/load/subscription.ts';
import { Timetable } from '../../src/load/timetable.ts';
import type { WsClient, WsOwner } from '../../src/load/ws-client.ts';
import { group, phase } from './plans.ts';

export const clock = createHostClock(takeEpochNs());

export function createContext(over: Partial<ClientGroup> = {}) {
  const totals = new GroupTotals(group({ name: 'g', path: 'sse', ...over }));
  const series = [
    { group: 'g', path: totals.group.path },
    { group: 'g replies', path: totals.group.path },
  ];
  const timetable = new Timetable([phase({ durationMs: 60_000 })], 0);
  const recorder = new Recorder(series, timetable);
  return { clock, recorder, totals, timetable, series: 0, replySeries: 1, published: null };
}

export function createSubscription(over: Partial<ClientGroup> = {}) {
  const context = createContext(over);
  return { ...context, subscription: new Subscription('client-1', context) };
}

/** Resolves as one client goes through its life. */
export class LifeLog implements WsOwner {
  readonly outcome = Promise.withResolvers<SubscriberOutcome>();
  readonly end = Promise.withResolvers<boolean>();
  readonly log: string[] = [];

  onSettled(): void {
    this.log.push('settled');
  }

  onOutcome(_: Subscriber, outcome: SubscriberOutcome): void {
    this.log.push(outcome);
    this.outcome.resolve(outcome);
  }

  onEnd(_: Subscriber, endedCleanly: boolean): void {
    this.log.push(endedCleanly ? 'ended cleanly' : 'ended');
    this.end.resolve(endedCleanly);
  }

  onReply(client: WsClient): void {
    client.awaited--;
    this.log.push('reply');
  }

  onDrain(): void {}
}

/**
 * Resolves when `isIt` holds, and gives up after `deadlineMs`. It asks once a millisecond and not after each
 * turn: turning without a pause would take a core from the worker that is being watched.
 */
export async function until(isIt: () => boolean, deadlineMs = 30_000): Promise<void> {
  const untilNs = clock.nowNs() + deadlineMs * 1e6;
  while (!isIt()) {
    if (clock.nowNs() > untilNs) throw new Error(`not within ${deadlineMs} ms: ${isIt}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
