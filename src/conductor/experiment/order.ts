/** In which order the arms of each block are played, and on which seed: all of it from the experiment's seed. */
import { createRandom } from '../../core/random.ts';

/** `random`: each block shuffled by itself. `williams`: every arm follows every other equally often. */
export type OrderKind = 'random' | 'williams';

export const ORDER_KINDS: readonly OrderKind[] = ['random', 'williams'];

/** Orders of as many blocks as are asked for, one after another; blocks that are played again draw one more. */
export type DrawOrder = () => readonly number[];

/**
 * A source of orders of the arms `0 … armCount − 1`.
 *
 * `random` is a Fisher-Yates shuffle for each block, so that without an effect every difference between arms is
 * symmetric about 0 whatever the host does meanwhile. `williams` is a Latin square balanced for first-order carry-over
 * (E. J. Williams, 1949): `armCount` rows where that is even, twice as many where it is odd; arms and rows are shuffled.
 */
export function createOrders(seed: number, armCount: number, kind: OrderKind): DrawOrder {
  const random = createRandom(seed, 'experiment order');
  const arms = Array.from({ length: armCount }, (_, arm) => arm);
  if (kind === 'random' || armCount < 3) return () => random.shuffle(arms);
  const names = random.shuffle(arms);
  const square = williamsRows(armCount).map((row) => row.map((arm) => names[arm] as number));
  let waiting: (readonly number[])[] = [];
  return () => {
    if (waiting.length === 0) waiting = random.shuffle(square);
    return waiting.pop() as readonly number[];
  };
}

/** The seed that all arms of a block share, 32 bits. That of block 0 is the experiment's own: it repeats as one run. */
export function blockSeed(seed: number, block: number): number {
  return block === 0 ? seed : createRandom(seed, `block ${block}`).int(2 ** 32);
}

/** 0, 1, k−1, 2, k−2 … and its rotations; with an odd number of arms also each row backwards. */
function williamsRows(armCount: number): number[][] {
  const first = Array.from({ length: armCount }, (_, at) =>
    at % 2 === 1 ? (at + 1) / 2 : (armCount - at / 2) % armCount,
  );
  const rows = first.map((_, shift) => first.map((arm) => (arm + shift) % armCount));
  return armCount % 2 === 0 ? rows : [...rows, ...rows.map((row) => row.toReversed())];
}
