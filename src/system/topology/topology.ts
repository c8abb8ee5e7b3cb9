/** What a topology stage is: how many queues stand between the producers and one consumer, and how they are joined. */
import type { Channel, ChannelOptions } from '../channel/channel.ts';
import type { Definition, Params } from '../strategies/definition.ts';

/** Opens the queue that the rest of the strategy describes, with the options given. */
export type OpenQueue<T> = (options: ChannelOptions<T>) => Channel<T>;

export interface TopologyDefinition extends Definition {
  readonly stage: 'topology';
  /** What all queues of a boundary share, such as one ring. */
  createShared?(params: Params): unknown;
  /** One per consumer: what its producers offer to and it takes from. */
  create<T>(params: Params, openQueue: OpenQueue<T>, options: ChannelOptions<T>, shared: unknown): Channel<T>;
}
