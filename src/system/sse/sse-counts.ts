/** What the feed has done beside its queues. */
import { DistributionCounter } from '../../core/distribution.ts';
import { EMIT_BOUNDS_MS, SIZE_BOUNDS, type SseSample } from '../../core/samples.ts';

type Numbers = Omit<SseSample, 'emitMs' | 'batchSizes'>;

export class SseCounts implements Numbers {
  lags = 0;
  missed = 0;
  resumes = 0;
  replays = 0;
  replayed = 0;
  deduplicated = 0;
  gaps = 0;
  snapshots = 0;
  reloads = 0;
  staleMarks = 0;
  endedByLag = 0;
  endedByDeadline = 0;
  readonly emitMs = new DistributionCounter(EMIT_BOUNDS_MS);
  readonly batchSizes = new DistributionCounter(SIZE_BOUNDS);

  sample(): SseSample {
    return { ...this, emitMs: this.emitMs.read(), batchSizes: this.batchSizes.read() };
  }
}
