/** What a subscriber missed of what somebody else's service took. */
import { describe, expect, it } from 'vitest';
import { Subscription } from '../../src/load/subscription.ts';
import { createContext } from './support.ts';

/** All that was sent was taken, but for `refused`. */
function create(refused: readonly number[] = []) {
  let newest = 0;
  const published = {
    newestSeq: () => newest,
    countTakenAfter: (seq: number) =>
      Math.max(0, newest - seq) - refused.filter((one) => one > seq && one <= newest).length,
  };
  const subscription = new Subscription('c', { ...createContext(), published });
  return {
    subscription,
    publish: (upTo: number) => {
      newest = upTo;
    },
    take: (...seqs: number[]) => {
      for (const seq of seqs) subscription.takeEvent({ seq, intendedUs: 0, sentUs: 0 }, 10);
    },
    missed: () => subscription.receipt(false).missed,
  };
}

describe('missed events', () => {
  it('are those taken since the connection was open: gaps, the tail, and all for who got none', () => {
    const { subscription, publish, take, missed } = create();
    publish(5);
    subscription.open();
    publish(15);
    expect(missed()).toBe(10);
    take(7, 8, 10);
    expect(missed()).toBe(7);
    take(6, 9, 11, 12, 13, 14, 15);
    expect(missed()).toBe(0);
  });

  it('are not those of before, whether they come or not', () => {
    const { subscription, publish, take, missed } = create();
    publish(5);
    subscription.open();
    take(4, 5);
    publish(7);
    expect(missed()).toBe(2);
    take(6);
    expect(missed()).toBe(1);
  });

  it('are not what the service did not take, nor copies', () => {
    const { subscription, publish, take, missed } = create([2]);
    subscription.open();
    publish(4);
    take(1, 3, 3, 4);
    expect(missed()).toBe(0);
  });

  it('end with the newest that came where the client went by itself', () => {
    const { subscription, publish, take, missed } = create();
    subscription.open();
    publish(10);
    take(1, 2, 4);
    subscription.leave();
    expect(missed()).toBe(1);
  });

  it('are unknown where nobody publishes, and before the connection was open', () => {
    const { subscription } = create();
    expect(subscription.receipt(true).missed).toBeNull();
    const silent = new Subscription('c', createContext());
    silent.open();
    expect(silent.receipt(true).missed).toBeNull();
  });
});
