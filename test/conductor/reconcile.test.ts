import { describe, expect, it } from 'vitest';
import { Reconciler } from '../../src/conductor/reconcile.ts';
import type { ClientReceipt, ConnectionAccount } from '../../src/core/samples.ts';

const account = (overrides: Partial<ConnectionAccount> = {}): ConnectionAccount => ({
  clientId: 'c1',
  boundary: 'sse.client',
  offered: 10,
  delivered: 7,
  dropped: { 'overflow.drop-oldest': 3 },
  coalesced: {},
  failed: {},
  endedCleanly: true,
  ...overrides,
});

const receipt = (overrides: Partial<ClientReceipt> = {}): ClientReceipt => ({
  clientId: 'c1',
  group: 'slow',
  path: 'sse',
  received: 7,
  missing: 3,
  gaps: 1,
  duplicates: 0,
  reordered: 0,
  firstSeq: 1,
  lastSeq: 10,
  missed: null,
  endedCleanly: true,
  ...overrides,
});

function reconcile(accounts: ConnectionAccount[], receipts: ClientReceipt[]): Reconciler {
  const reconciler = new Reconciler();
  reconciler.addAccounts(accounts);
  reconciler.addReceipts(receipts);
  reconciler.close();
  return reconciler;
}

describe('reconciling system and harness', () => {
  it('agrees, whichever side reports first', () => {
    const forward = reconcile([account()], [receipt()]);
    const backward = new Reconciler();
    backward.addReceipts([receipt()]);
    backward.addAccounts([account()]);
    backward.close();
    for (const { byPath, byGroup, disagreements } of [forward, backward]) {
      expect(byPath.get('sse')).toMatchObject({
        offered: 10,
        delivered: 7,
        dropped: { 'overflow.drop-oldest': 3 },
        unaccounted: 0,
      });
      expect(byGroup.get('slow')).toEqual(byPath.get('sse'));
      expect(disagreements).toEqual([]);
    }
  });

  it('does not account for an event that the system delivered and a cleanly ended client never got', () => {
    const { byPath, disagreements } = reconcile([account()], [receipt({ received: 6 })]);
    expect(byPath.get('sse')?.unaccounted).toBe(1);
    expect(disagreements[0]?.text).toBe('the system delivered 7, the client received 6');
  });

  it('books what the kernel had and a vanished client never read as failed{network}', () => {
    const { byPath, disagreements } = reconcile(
      [account({ endedCleanly: false })],
      [receipt({ received: 4, endedCleanly: false })],
    );
    expect(byPath.get('sse')).toMatchObject({ delivered: 4, failed: { network: 3 }, unaccounted: 0 });
    expect(disagreements).toEqual([]);
  });

  it('takes an event whose write failed and that was received all the same as delivered', () => {
    const { byPath } = reconcile(
      [account({ delivered: 5, failed: { 'disconnect.peer': 2 }, endedCleanly: false })],
      [receipt({ received: 6, endedCleanly: false })],
    );
    expect(byPath.get('sse')).toMatchObject({
      delivered: 6,
      failed: { 'disconnect.peer': 1 },
      unaccounted: 0,
    });
  });

  it('names duplicates, disorder and gaps that the system does not know of', () => {
    const texts = (overrides: Partial<ClientReceipt>) =>
      reconcile([account()], [receipt(overrides)]).disagreements.map((one) => one.text);
    expect(texts({ duplicates: 2 })).toEqual(['2 events came twice']);
    expect(texts({ reordered: 1 })).toEqual(['1 events came out of order']);
    expect(texts({ missing: 4 })).toEqual([
      'the client misses 1 events more than were lost on the way to it',
    ]);
  });

  it('lets clients miss what was never published', () => {
    const reconciler = new Reconciler();
    reconciler.addAccounts([account()]);
    reconciler.addReceipts([receipt({ missing: 5 })]);
    reconciler.close(2);
    expect(reconciler.disagreements).toEqual([]);
  });

  it('keeps clients that are not the harness’s out of the end-to-end ledger', () => {
    expect(reconcile([account({ clientId: null })], []).byPath.size).toBe(0);
  });

  it('books one-sided connections of a run that broke off without inventing deliveries', () => {
    const { byPath } = reconcile(
      [account({ clientId: 'a', boundary: 'ws.outbound' })],
      [receipt({ clientId: 'b' })],
    );
    expect(byPath.get('sse')).toMatchObject({ offered: 7, delivered: 7 });
    expect(byPath.get('ws')).toMatchObject({ offered: 10, delivered: 0, failed: { receiver_unknown: 7 } });
  });

  it("books what somebody else's service took and did not hand on as lost there", () => {
    const { byGroup } = reconcile([], [receipt({ missed: 3 }), receipt({ clientId: 'c2', missed: 0 })]);
    expect(byGroup.get('slow')).toMatchObject({
      offered: 17,
      delivered: 14,
      dropped: { not_received: 3 },
      unaccounted: 0,
    });
  });
});
