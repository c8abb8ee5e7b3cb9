/** P17: one loop that reads and writes, and writes much for each thing it reads. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { createChannel } from '../../src/system/channel/channel.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { findStall } from '../channel/stall.ts';

const SENDS = 200;
const CAPACITY_ITEMS = 10;

/** The loop awaits each send, and takes from its own queue only when it has sent them all. */
export async function findLoopStall(overflow: OverflowPolicy): Promise<string | undefined> {
  const clock = createVirtualClock();
  const channel = createChannel<number>({ overflow, capacityItems: CAPACITY_ITEMS, clock });
  let delivered = 0;
  let isWaiting = false;
  const loop = async (): Promise<void> => {
    for (let item = 0; item < SENDS; item++) {
      isWaiting = true;
      await channel.offer(item);
      isWaiting = false;
    }
    for (let item = channel.tryTake(); item !== undefined; item = channel.tryTake()) {
      channel.delivered(item);
      delivered++;
    }
  };
  void loop();
  const parties = [
    { name: 'loop', waitsFor: () => (isWaiting ? 'room in its queue' : undefined) },
    { name: 'room in its queue', waitsFor: () => (channel.waiters > 0 ? 'loop' : undefined) },
  ];
  const stall = await findStall(clock, parties, () => delivered + channel.ledger().offered);
  if (stall !== undefined) return stall;
  return delivered === CAPACITY_ITEMS ? undefined : `${delivered} delivered`;
}

/** A send with nobody left to read: it has to end when the reader ends. */
export async function findSendWithoutReader(
  closes: boolean,
  overflow: OverflowPolicy,
): Promise<string | undefined> {
  const clock = createVirtualClock();
  const channel = createChannel<number>({ overflow, capacityItems: 1, clock });
  let isWaiting = true;
  channel.offer(1);
  void Promise.resolve(channel.offer(2)).then(() => {
    isWaiting = false;
  });
  if (closes) channel.close();
  const parties = [{ name: 'sender', waitsFor: () => (isWaiting ? 'a reader that has stopped' : undefined) }];
  return findStall(clock, parties, () => channel.ledger().delivered);
}
