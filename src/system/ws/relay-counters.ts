/** What the relay counts beside its queues. */
import { DistributionCounter } from '../../core/distribution.ts';
import { EMIT_BOUNDS_MS, type RelaySample } from '../../core/samples.ts';

type Counts = {
  -readonly [Name in Exclude<keyof RelaySample, 'inboundMs' | 'outboundMs' | 'queueFull'>]: number;
};

export class RelayCounters implements Counts {
  refused = 0;
  retried = 0;
  feedsKilled = 0;
  feedsEndedByLag = 0;
  lags = 0;
  missed = 0;
  pings = 0;
  pongs = 0;
  pongsReplaced = 0;
  histories = 0;
  historyEvents = 0;
  historyTruncated = 0;
  endedBySendTimeout = 0;
  endedBySilence = 0;
  endedByAge = 0;
  readonly inboundMs = new DistributionCounter(EMIT_BOUNDS_MS);
  readonly outboundMs = new DistributionCounter(EMIT_BOUNDS_MS);

  read(queueFull: number): RelaySample {
    const { inboundMs, outboundMs, ...counts } = this;
    return { queueFull, ...counts, inboundMs: inboundMs.read(), outboundMs: outboundMs.read() };
  }
}
