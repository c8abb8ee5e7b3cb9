/** A thread of the pool: takes one message at a time through the inbound chain and gives it back. */
import { parentPort, workerData } from 'node:worker_threads';
import { createHostClock, takeEpochNs } from '../../core/clock.ts';
import type { ChainSettings } from '../../core/plan.ts';
import { Chain } from './chain.ts';
import { Pauses } from './pauses.ts';

const settings = workerData as ChainSettings;
const chain = new Chain(settings, new Pauses(createHostClock(takeEpochNs())));

parentPort?.on('message', async (data: Uint8Array<ArrayBuffer>) => {
  await chain.run(chain.length);
  parentPort?.postMessage(data, [data.buffer]);
});
