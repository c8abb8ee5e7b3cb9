/** A forwarder that can end without anybody being told: what comes later is lost, and counted nowhere. */

import { findUnaccounted, type LedgerSnapshot } from '../../../core/ledger.ts';
import type { OfferOutcome } from '../../channel/channel.ts';
import { SeriesChannel, type SeriesOptions } from '../../channel/relay.ts';

/** Under this word the loss is kept out of the ledger. */
const NOWHERE = 'nowhere';

export abstract class SilentEnd<T> extends SeriesChannel<T> {
  /** The forwarder has ended. */
  protected isDead = false;
  private readonly series: SeriesOptions<T>;

  constructor(series: SeriesOptions<T>) {
    super(series);
    this.series = series;
  }

  override offer(item: T, signal?: AbortSignal): OfferOutcome | Promise<OfferOutcome> {
    if (!this.isDead) return super.offer(item, signal);
    this.upstream.refuse(NOWHERE);
    this.series.onEnd?.(item, 'dropped', NOWHERE);
    return 'queued';
  }

  override ledger(): LedgerSnapshot {
    const ledger = super.ledger();
    delete ledger.dropped[NOWHERE];
    return { ...ledger, unaccounted: findUnaccounted(ledger) };
  }

  protected override mayForward(): boolean {
    return !this.isDead && super.mayForward();
  }

  protected die(): void {
    this.isDead = true;
    this.upstream.discardQueued(NOWHERE);
  }
}
