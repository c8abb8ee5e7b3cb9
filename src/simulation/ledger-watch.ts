/** Reads a channel's ledger batch by batch, and compares it with what source and servers have counted themselves. */
import { type ClassCounts, findUnaccounted, type LedgerSnapshot, sumReasons } from '../core/ledger.ts';
import type { Channel } from '../system/channel/channel.ts';
import { type Batch, SIMULATED_CLASSES } from './meter.ts';

/** Counted beside the channel. */
export interface OwnCounts {
  readonly offered: number;
  readonly finished: number;
  readonly serving: number;
}

export class LedgerWatch {
  /** The first thing that did not add up. */
  problem: string | undefined = undefined;
  private readonly channel: Channel<number>;
  private before: LedgerSnapshot;
  private readonly offeredBefore = new Array<number>(SIMULATED_CLASSES).fill(0);
  private readonly lostBefore = new Array<number>(SIMULATED_CLASSES).fill(0);

  constructor(channel: Channel<number>) {
    this.channel = channel;
    this.before = channel.ledger();
  }

  /** Adds what has happened since the last call. */
  readInto(batch: Batch, own: OwnCounts): void {
    const ledger = this.channel.ledger();
    batch.offered = ledger.offered - this.before.offered;
    batch.dropped = sumReasons(ledger.dropped) - sumReasons(this.before.dropped);
    batch.coalesced = sumReasons(ledger.coalesced) - sumReasons(this.before.coalesced);
    this.readClassesInto(batch);
    this.check(ledger, own);
    this.before = ledger;
  }

  /** After the last item: nothing may be left anywhere. */
  finish(own: OwnCounts): LedgerSnapshot {
    const ledger = this.channel.ledger();
    this.check(ledger, own);
    const left = ledger.queued + ledger.inFlight + ledger.blocked + ledger.spilled;
    if (left !== 0) this.problem ??= `${left} items are left after close and drain`;
    return ledger;
  }

  private check(ledger: LedgerSnapshot, { offered, finished, serving }: OwnCounts): void {
    const unaccounted = ledger.unaccounted || findUnaccounted(ledger);
    if (unaccounted !== 0) this.problem ??= `${unaccounted} items unaccounted of ${ledger.offered}`;
    else if (ledger.offered !== offered) this.problem ??= `${offered} offered, ${ledger.offered} counted`;
    else if (ledger.delivered !== finished)
      this.problem ??= `${finished} served, ${ledger.delivered} counted`;
    else if (ledger.inFlight !== serving)
      this.problem ??= `${serving} in service, ${ledger.inFlight} counted`;
  }

  private readClassesInto(batch: Batch): void {
    const counts: Record<number, ClassCounts> = {};
    this.channel.addClassesTo(counts);
    for (let klass = 0; klass < SIMULATED_CLASSES; klass++) {
      const { offered = 0, dropped = 0, failed = 0 } = counts[klass] ?? {};
      batch.classOffered[klass] = offered - (this.offeredBefore[klass] as number);
      batch.classLost[klass] = dropped + failed - (this.lostBefore[klass] as number);
      this.offeredBefore[klass] = offered;
      this.lostBefore[klass] = dropped + failed;
    }
  }
}
