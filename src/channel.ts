/**
 * `bpbench/channel`: bounded queues that account for every item, and what is made of them, for use in a service of
 * your own. No dependency, no start-up work.
 *
 * - `createChannel`: one producer side, one consumer side, an overflow policy between them.
 * - `createBroadcastRing`: many receivers, a writer that never waits; who is too slow is told what it missed.
 * - `createGatedRing`: many receivers, a writer that waits for the slowest.
 * - `createRelay`: two queues in series, optionally with credits.
 * - `createWorkerPool`: N workers over one queue, or over one each.
 *
 * Time is in milliseconds where a name ends in `Ms`, sizes in items or bytes as the name says. Whatever waits takes
 * an `AbortSignal`. Full, closed and cancelled are answers, never exceptions; a `BenchError` with a `code` is thrown
 * for a value that makes no sense (`BPB_ERR_STRATEGY`) and for an item that is `undefined` (`BPB_ERR_INTERNAL`).
 */
export {
  type Clock,
  createHostClock,
  createVirtualClock,
  takeEpochNs,
  type VirtualClock,
} from './core/clock.ts';
export { BenchError } from './core/errors.ts';
export type { LedgerSnapshot, ReasonCounts } from './core/ledger.ts';
export {
  type BroadcastRing,
  type BroadcastRingOptions,
  createBroadcastRing,
} from './system/channel/broadcast-ring.ts';
export {
  type Channel,
  type ChannelOptions,
  createChannel,
  type OfferOutcome,
} from './system/channel/channel.ts';
export type { CreditOptions } from './system/channel/credits.ts';
export type { ItemEnd, OnEnd } from './system/channel/end-notices.ts';
export {
  createGatedRing,
  type GatedRing,
  type GatedRingOptions,
  type PublishOutcome,
} from './system/channel/gated-ring.ts';
export { createRelay, type Relay, type RelayOptions } from './system/channel/relay.ts';
export { Lagged, type ResumeAt, type RingReceiver } from './system/channel/ring-core.ts';
export {
  createWorkerPool,
  type WorkerPool,
  type WorkerPoolOptions,
} from './system/channel/worker-pool.ts';
export type { OverflowDecision, OverflowPolicy, QueueView } from './system/overflow/policy.ts';
export { OVERFLOW_POLICIES } from './system/overflow/registry.ts';
