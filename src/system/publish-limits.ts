/** Which queues can never take an event, because it is larger than all that one of them may hold. */
import type { BoundaryName } from '../core/boundary.ts';
import type { StrategySpec } from '../core/strategy.ts';
import type { FeedEvent } from './event.ts';
import { encodeSseEvent } from './sse/encode.ts';
import { largestItemBytes } from './strategies/largest-item.ts';
import { encodeTextFrame } from './ws/encode.ts';

type Sent = Pick<FeedEvent, 'id' | 'text' | 'type'>;

/** Of the copies that are queued. */
const BYTES_OF: Partial<Record<BoundaryName, (event: Sent) => number>> = {
  'sse.bus': ({ id, text, type }) => encodeSseEvent(id, text, type).length,
  'sse.client': ({ id, text, type }) => encodeSseEvent(id, text, type).length,
  'ws.outbound': ({ text }) => encodeTextFrame(text).length,
};
/** A line feed becomes a line of its own, with `data: ` in front; and what stands around the text. */
const GROWTH = 7;
const AROUND_BYTES = 4096;

export class PublishLimits {
  readonly #largest: readonly [BoundaryName, number][];
  /** What is no longer than this fits everywhere; most events are, and nothing is encoded for them. */
  readonly #surelyFits: number;

  constructor(strategies: Readonly<Record<BoundaryName, StrategySpec>>) {
    this.#largest = (Object.keys(BYTES_OF) as BoundaryName[]).map((name) => [
      name,
      largestItemBytes(strategies[name]),
    ]);
    const smallest = Math.min(...this.#largest.map(([, bytes]) => bytes));
    this.#surelyFits = (smallest - AROUND_BYTES) / GROWTH;
  }

  /** Empty for an event that everybody can get. */
  tooLargeFor(event: Sent): BoundaryName[] {
    if (Buffer.byteLength(event.text) <= this.#surelyFits) return [];
    return this.#largest
      .filter(([name, largest]) => (BYTES_OF[name]?.(event) ?? 0) > largest)
      .map(([name]) => name);
  }
}
