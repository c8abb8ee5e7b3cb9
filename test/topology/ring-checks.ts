/** What must hold of any ring, whoever made it: plays a fixed schedule and answers what is wrong first. */
import type { BroadcastRing, BroadcastRingOptions } from '../../src/system/channel/broadcast-ring.ts';
import { Lagged, type RingReceiver } from '../../src/system/channel/ring-core.ts';

export type MakeRing = (options: BroadcastRingOptions) => BroadcastRing<number>;

/** Everything that can be taken now: an item as itself, a lag as `-n`. */
export function takeAll(receiver: RingReceiver<number>): number[] {
  const taken: number[] = [];
  for (let next = receiver.tryTake(); next !== undefined; next = receiver.tryTake()) {
    taken.push(next instanceof Lagged ? -next.missed : next);
  }
  return taken;
}

/** P21: a receiver that knows nothing but what it was told can say which items it never saw. */
export function findUntoldGap(make: MakeRing): string | undefined {
  for (const resume of ['oldest', 'latest'] as const) {
    const ring = make({ capacityItems: 8, resume });
    const receiver = ring.subscribe();
    let next = 1;
    for (const burst of [3, 20, 1, 8, 9, 40, 0]) {
      for (let i = 0; i < burst; i++) ring.publish(ring.published + 1);
      for (const taken of takeAll(receiver)) {
        if (taken > 0 && taken !== next) return `P21 ${resume}: got ${taken}, was told to expect ${next}`;
        next = taken > 0 ? next + 1 : next - taken;
      }
    }
    if (next !== ring.published + 1) return `P21 ${resume}: ended at ${next} of ${ring.published + 1}`;
  }
  return undefined;
}

/** P22: missed = tail − capacity − cursor, resumed where configured, and nothing is lost but what was missed. */
export function findWrongLag(make: MakeRing): string | undefined {
  for (const resume of ['oldest', 'latest'] as const) {
    const ring = make({ capacityItems: 4, resume });
    const receiver = ring.subscribe();
    for (let seq = 1; seq <= 11; seq++) ring.publish(seq);
    const first = receiver.tryTake();
    const missed = resume === 'oldest' ? 7 : 10;
    if (!(first instanceof Lagged) || first.missed !== missed) {
      return `P22 ${resume}: expected Lagged(${missed}), got ${JSON.stringify(first)}`;
    }
    const rest = takeAll(receiver);
    const expected = resume === 'oldest' ? [8, 9, 10, 11] : [11];
    if (String(rest) !== String(expected)) return `P22 ${resume}: expected ${expected}, got ${rest}`;
    const { offered, delivered, dropped, unaccounted } = receiver.ledger();
    if (offered !== 11 || delivered + (dropped['lag'] ?? 0) !== 11 || unaccounted !== 0) {
      return `P22 ${resume}: missed + received is not published: ${JSON.stringify(receiver.ledger())}`;
    }
  }
  return undefined;
}
