/** `bpbench/channel`: the bounded channel and its overflow policies, for use without the rest. */
export { type Clock, createHostClock, createVirtualClock, takeEpochNs } from './core/clock.ts';
export { BenchError } from './core/errors.ts';
export type { LedgerSnapshot, ReasonCounts } from './core/ledger.ts';
export {
  type Channel,
  type ChannelOptions,
  createChannel,
  type OfferOutcome,
} from './system/channel/channel.ts';
export type { ItemEnd } from './system/channel/end-notices.ts';
export type { OverflowDecision, OverflowPolicy, QueueView } from './system/overflow/policy.ts';
export { OVERFLOW_POLICIES } from './system/overflow/registry.ts';
