/** What must hold of a feed under any topology: plays a fixed schedule and answers what is wrong first. */
import type { SharedRing } from '../../src/system/topology/shared-ring.ts';
import type { TopologyDefinition } from '../../src/system/topology/topology.ts';
import { drain, openConsumers } from './open-consumers.ts';

/** P21: after a stall the feed lives, and what the consumer did not get is counted as lost. */
export function findSilentGap(definition: TopologyDefinition): string | undefined {
  const consumers = openConsumers(definition);
  const [stalled, steady] = [consumers.open(), consumers.open()];
  const got: number[] = [];
  for (let item = 1; item <= 700; item++) {
    for (const channel of [stalled, steady]) channel.offer(item);
    drain(steady);
  }
  got.push(...drain(stalled));
  for (let item = 701; item <= 720; item++) {
    stalled.offer(item);
    got.push(...drain(stalled));
  }
  const { offered, delivered, dropped, unaccounted } = stalled.ledger();
  const told = Object.values(dropped).reduce((sum, count) => sum + count, 0);
  if (got.at(-1) !== 720) return `P21: dead after ${got.length} items, the last one ${got.at(-1)}`;
  if (told !== offered - delivered) return `P21: ${offered - delivered} items missing, ${told} told of`;
  return unaccounted === 0 ? undefined : `P21: ${unaccounted} items unaccounted`;
}

/** P33: consumers that come, misbehave and go leave nothing behind in what they shared. */
export function findLeftReader(definition: TopologyDefinition): string | undefined {
  const consumers = openConsumers(definition);
  const stays = consumers.open();
  for (let round = 1; round <= 50; round++) {
    const channel = consumers.open();
    for (const one of [channel, stays]) one.offer(round);
    void channel.take();
    if (round % 2 === 0) channel.offer(round);
    channel.discardQueued('disconnect.peer');
    channel.close();
    drain(stays);
  }
  const { readers } = consumers.shared as SharedRing<number>;
  return readers === 1 ? undefined : `P33: ${readers} readers for 1 consumer, after 50 have gone`;
}

/** P2: a queue holds at most what it says it does; here 4 in the main queue and 4 before it. */
export function findGrowth(definition: TopologyDefinition): string | undefined {
  const channel = openConsumers(definition, { capacityItems: 4 }).open();
  for (let item = 1; item <= 1000; item++) {
    channel.offer(item);
    if (channel.depthItems > 9) return `P2: ${channel.depthItems} items queued, 9 allowed`;
  }
  return undefined;
}
