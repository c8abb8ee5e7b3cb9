/**
 * Joins what the system says it did for each connection with what the client of that connection
 * received. Where both ended in order the two must agree to the last event; where one broke off, what
 * the system had handed to the kernel and nobody read is `failed{network}`.
 */
import type { PathName } from '../core/boundary.ts';
import { addLedger, addReason, closeLedger, createEmptyLedger, type LedgerSnapshot } from '../core/ledger.ts';
import type { ClientReceipt, ConnectionAccount } from '../core/samples.ts';

export interface Disagreement {
  clientId: string;
  group: string;
  text: string;
}

const MAX_DISAGREEMENTS = 20;
/** Why a write under way may have failed although the peer received it. */
const CUT_REASONS = ['disconnect.peer', 'disconnect.slow', 'disconnect.gone', 'overflow.fail', 'shutdown'];

export class Reconciler {
  readonly byGroup = new Map<string, LedgerSnapshot>();
  readonly byPath = new Map<PathName, LedgerSnapshot>();
  /** The first few connections whose two sides differ, to be named in the verdict. */
  readonly disagreements: Disagreement[] = [];
  readonly reading = new Map<string, { gaps: number; duplicates: number; reordered: number }>();
  /** The client that misses most beyond what the system says it lost on the way to it. */
  #unpublished: { receipt: ClientReceipt | undefined; missing: number } = { receipt: undefined, missing: 0 };
  /** Paths whose strategy lets events leave in another order. */
  readonly #reordering: ReadonlySet<PathName>;
  readonly #accounts = new Map<string, ConnectionAccount>();
  readonly #receipts = new Map<string, ClientReceipt>();

  constructor(reordering: ReadonlySet<PathName> = new Set()) {
    this.#reordering = reordering;
  }

  addAccounts(accounts: readonly ConnectionAccount[]): void {
    for (const account of accounts) {
      if (account.clientId === null) continue; // somebody else's client: the boundary's ledger has it
      const receipt = this.#receipts.get(account.clientId);
      if (receipt === undefined) this.#accounts.set(account.clientId, account);
      else {
        this.#receipts.delete(account.clientId);
        this.#join(account, receipt);
      }
    }
  }

  addReceipts(receipts: readonly ClientReceipt[]): void {
    for (const receipt of receipts) {
      const account = this.#accounts.get(receipt.clientId);
      if (account === undefined) this.#receipts.set(receipt.clientId, receipt);
      else {
        this.#accounts.delete(receipt.clientId);
        this.#join(account, receipt);
      }
    }
  }

  /**
   * Books what has no other side (possible only when a process ended before its time), and holds what
   * clients miss against `unpublishedEvents`: those that the publisher could not place anywhere.
   */
  close(unpublishedEvents = 0): void {
    const { receipt: worst, missing } = this.#unpublished;
    if (worst !== undefined && missing > unpublishedEvents) {
      this.#disagree(worst, `the client misses ${missing} events more than were lost on the way to it`);
    }
    for (const receipt of this.#receipts.values()) {
      this.#book(receipt.group, receipt.path, ledgerOfReceipt(receipt));
      this.#addReading(receipt);
    }
    for (const account of this.#accounts.values()) {
      const ledger = ledgerOf(account);
      addReason(ledger.failed, 'receiver_unknown', account.delivered);
      this.#book('unknown', account.boundary === 'sse.client' ? 'sse' : 'ws', ledger);
    }
    this.#receipts.clear();
    this.#accounts.clear();
  }

  #join(account: ConnectionAccount, receipt: ClientReceipt): void {
    const ledger = ledgerOf(account);
    ledger.delivered = receipt.received;
    const unread = account.delivered - receipt.received;
    const bothClean = account.endedCleanly && receipt.endedCleanly;
    if (unread > 0 && !bothClean) {
      addReason(ledger.failed, 'network', unread);
    } else if (unread < 0 && !bothClean) {
      // Written, reported as failed, and received all the same: it was delivered.
      let received = -unread;
      for (const reason of CUT_REASONS) {
        const recovered = Math.min(received, ledger.failed[reason] ?? 0);
        if (recovered > 0) addReason(ledger.failed, reason, -recovered);
        received -= recovered;
      }
    }
    const closed = closeLedger(ledger);
    if (closed.unaccounted !== 0) {
      this.#disagree(
        receipt,
        `the system delivered ${account.delivered}, the client received ${receipt.received}`,
      );
    }
    const missing = receipt.missing - (account.offered - account.delivered + Math.max(0, unread));
    if (missing > this.#unpublished.missing) this.#unpublished = { receipt, missing };
    if (receipt.duplicates > 0) this.#disagree(receipt, `${receipt.duplicates} events came twice`);
    if (receipt.reordered > 0 && !this.#reordering.has(receipt.path))
      this.#disagree(receipt, `${receipt.reordered} events came out of order`);
    this.#book(receipt.group, receipt.path, closed);
    this.#addReading(receipt);
  }

  #addReading(receipt: ClientReceipt): void {
    const sum = this.reading.get(receipt.group) ?? { gaps: 0, duplicates: 0, reordered: 0 };
    sum.gaps += receipt.gaps;
    sum.duplicates += receipt.duplicates;
    sum.reordered += receipt.reordered;
    this.reading.set(receipt.group, sum);
  }

  #book(group: string, path: PathName, ledger: LedgerSnapshot): void {
    addInto(this.byGroup, group, ledger);
    addInto(this.byPath, path, ledger);
  }

  #disagree(receipt: ClientReceipt, text: string): void {
    if (this.disagreements.length < MAX_DISAGREEMENTS) {
      this.disagreements.push({ clientId: receipt.clientId, group: receipt.group, text });
    }
  }
}

function addInto<Key>(ledgers: Map<Key, LedgerSnapshot>, key: Key, ledger: LedgerSnapshot): void {
  const target = ledgers.get(key) ?? createEmptyLedger();
  addLedger(target, ledger);
  ledgers.set(key, target);
}

/**
 * What is known from the client's side alone. Of somebody else's service: what it took and did not hand on before the
 * end, for whatever reason, was lost there. Of a system that died: at least what came was offered.
 */
function ledgerOfReceipt({ received, duplicates, missed }: ClientReceipt): LedgerSnapshot {
  const delivered = missed === null ? received : received - duplicates;
  const dropped = missed === null || missed === 0 ? {} : { not_received: missed };
  return { ...createEmptyLedger(), offered: delivered + (missed ?? 0), delivered, dropped };
}

/** The account's own columns, before the client's side is known. */
function ledgerOf(account: ConnectionAccount): LedgerSnapshot {
  return {
    ...createEmptyLedger(),
    offered: account.offered,
    dropped: { ...account.dropped },
    coalesced: { ...account.coalesced },
    failed: { ...account.failed },
  };
}
