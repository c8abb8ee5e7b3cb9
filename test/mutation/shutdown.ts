/** P31: the end of a queue whose consumer is slow or gone. */
import { createVirtualClock, NS_PER_MS, type VirtualClock } from '../../src/core/clock.ts';
import { type Channel, createChannel } from '../../src/system/channel/channel.ts';
import block from '../../src/system/overflow/block.ts';

const DEADLINE_NS = 100 * NS_PER_MS;
const SERVICE_NS = 30 * NS_PER_MS;

/** Ends `channel`: to have settled everything at `deadlineNs`. */
export type ShutDown = (channel: Channel<number>, clock: VirtualClock, deadlineNs: number) => void;

/** No more offers, what is queued is delivered as far as time allows, and the rest is dropped at the deadline. */
export const drainToDeadline: ShutDown = (channel, clock, deadlineNs) => {
  channel.close();
  clock.setTimer(deadlineNs, () => channel.discardQueued('shutdown'));
};

export const drainForEver: ShutDown = (channel) => channel.close();

/** Nobody reads any more, and whoever sends is left to wait. */
export const stopReadingAlone: ShutDown = () => {};

/** What is not over at the deadline, with a consumer that takes 30 ms each or, frozen, none at all. */
export async function findLateEnd(shutDown: ShutDown, isFrozen: boolean): Promise<string | undefined> {
  const clock = createVirtualClock();
  const channel = createChannel<number>({ overflow: block, capacityItems: 5, clock });
  let open = 0;
  for (let item = 0; item < 8; item++) {
    const outcome = channel.offer(item);
    if (typeof outcome === 'string') continue;
    open++;
    void outcome.then(() => open--);
  }
  let isStopped = isFrozen;
  const serve = (): void => {
    const item = channel.tryTake();
    if (item === undefined || isStopped) return;
    clock.setTimer(clock.nowNs() + SERVICE_NS, () => {
      channel.delivered(item);
      serve();
    });
  };
  if (!isFrozen) serve();
  shutDown(channel, clock, DEADLINE_NS);
  clock.advanceTo(DEADLINE_NS + SERVICE_NS);
  isStopped = true;
  for (let turn = 0; turn < 10; turn++) await null;
  const { queued, blocked, inFlight, unaccounted } = channel.ledger();
  if (open > 0) return `${open} offers were never answered`;
  if (queued + blocked + inFlight + unaccounted > 0)
    return `${queued} queued and ${inFlight} in flight after the deadline`;
  const { nextTimerNs } = clock;
  return nextTimerNs === Number.POSITIVE_INFINITY ? undefined : 'a timer is left';
}
