/** What must hold of a relay with credits, whoever gives them: plays a fixed schedule and answers what is wrong first. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { createChannel } from '../../src/system/channel/channel.ts';
import type { Credits } from '../../src/system/channel/credits.ts';
import { SeriesChannel } from '../../src/system/channel/relay.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';

export function openWithCredits(credits: Credits): SeriesChannel<number> {
  const clock = createVirtualClock();
  const queue = { clock, capacityItems: 64, capacityBytes: 0 };
  return new SeriesChannel<number>({
    openUpstream: (hooks) =>
      createChannel({ ...queue, overflow: OVERFLOW_POLICIES['drop-newest'], ...hooks }),
    openDownstream: (hooks) => createChannel({ ...queue, overflow: OVERFLOW_POLICIES.block, ...hooks }),
    credits,
  });
}

/** P34: sent ≤ granted at every step, no credit lost by a discard, and everything gets through. */
export function findCreditFault(credits: Credits): string | undefined {
  const { window } = credits;
  const relay = openWithCredits(credits);
  const on = (): number => relay.downstreamLedger().queued + relay.downstreamLedger().inFlight;
  for (let round = 0; round < 3; round++) {
    const got: number[] = [];
    for (let item = 1; item <= 20; item++) {
      relay.offer(item);
      if (on() > window) return `P34: ${on()} on their way, ${window} allowed`;
    }
    for (let item = relay.tryTake(); item !== undefined; item = relay.tryTake()) {
      got.push(item);
      if (got.length % 5 === 0) relay.failed(item, 'write');
      else relay.delivered(item);
      if (on() > window) return `P34: ${on()} on their way, ${window} allowed`;
    }
    if (got.length !== 20) return `P34: stands still after ${got.length} of 20 items`;
    for (let item = 1; item <= 20; item++) relay.offer(item);
    relay.discardQueued('disconnect.peer');
  }
  return undefined;
}
