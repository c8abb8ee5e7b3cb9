import { describe, expect, it } from 'vitest';
import type { ClientReceipt } from '../../src/core/samples.ts';
import { ConnectGate } from '../../src/load/connect-gate.ts';
import { Population } from '../../src/load/population.ts';
import type { Subscriber } from '../../src/load/subscriber.ts';
import type { Subscription } from '../../src/load/subscription.ts';
import { createContext } from './support.ts';

class FakeSubscriber implements Subscriber {
  readonly subscription: Subscription;
  readonly calls: string[] = [];

  constructor(subscription: Subscription) {
    this.subscription = subscription;
  }

  thaw(): void {
    this.calls.push('thaw');
  }

  leave(): void {
    this.calls.push('leave');
  }

  destroy(reason?: string): void {
    this.calls.push(`destroy ${reason}`);
  }
}

function create(maxHalfOpen = 10, name = 'Slow Readers!') {
  const context = createContext({ name });
  const subscribers: FakeSubscriber[] = [];
  const receipts: ClientReceipt[] = [];
  const population = new Population({
    context,
    gate: new ConnectGate(maxHalfOpen),
    groupIndex: 2,
    createSubscriber(subscription) {
      const subscriber = new FakeSubscriber(subscription);
      subscribers.push(subscriber);
      return subscriber;
    },
    onReceipt: (receipt) => receipts.push(receipt),
  });
  const settle = (index: number, outcome: 'open' | 'rejected' | 'failed') => {
    population.onSettled();
    population.onOutcome(subscribers[index] as FakeSubscriber, outcome);
  };
  return { population, subscribers, receipts, totals: context.totals, recorder: context.recorder, settle };
}

describe('population', () => {
  it('names its clients after the group, its place and a number', () => {
    const { population, subscribers } = create();
    population.openOne();
    population.openOne();
    expect(subscribers.map(({ subscription }) => subscription.clientId)).toEqual([
      'slow-readers-3-1',
      'slow-readers-3-2',
    ]);
  });

  it('counts attempts by outcome, and what is open', () => {
    const { population, subscribers, receipts, totals, settle } = create();
    for (let i = 0; i < 4; i++) population.openOne();
    settle(0, 'open');
    settle(1, 'rejected');
    settle(2, 'failed');
    settle(3, 'open');
    expect(totals).toMatchObject({ attempted: 4, admitted: 2, rejected: 1, failed: 1, open: 2 });
    population.onEnd(subscribers[0] as FakeSubscriber, true);
    expect(totals.open).toBe(1);
    expect(receipts.map(({ clientId, endedCleanly }) => [clientId, endedCleanly])).toEqual([
      ['slow-readers-3-1', true],
    ]);
  });

  it('who waits at the gate when opening stops never connects', () => {
    const { population, subscribers, totals, settle } = create(1);
    for (let i = 0; i < 3; i++) population.openOne();
    population.stopOpening();
    settle(0, 'open');
    expect(subscribers).toHaveLength(1);
    expect(totals.attempted).toBe(1);
  });

  it('shrinking closes the newest first; places that ended or wait count as places', () => {
    const { population, subscribers, settle } = create(3);
    for (let i = 0; i < 5; i++) population.openOne();
    settle(0, 'open');
    settle(1, 'open');
    settle(2, 'rejected'); // lets in the last two
    expect(subscribers).toHaveLength(5);
    population.openOne(); // waits: two are half open, one more may come
    population.openOne(); // waits at the gate
    population.shrinkTo(1);
    expect(subscribers.map(({ calls }) => calls)).toEqual([
      [],
      ['leave'],
      [],
      ['leave'],
      ['leave'],
      ['leave'],
    ]);
    settle(3, 'failed');
    expect(subscribers).toHaveLength(6);
  });

  it('thaws and destroys whoever is left', () => {
    const { population, subscribers, settle } = create();
    for (let i = 0; i < 2; i++) population.openOne();
    settle(0, 'open');
    settle(1, 'failed');
    population.thaw();
    population.close();
    expect(subscribers.map(({ calls }) => calls)).toEqual([['thaw', 'destroy unanswered'], []]);
  });

  it('the age of a subscriber is that of its newest event; who has none has no age', () => {
    const { population, subscribers, recorder, settle } = create();
    for (let i = 0; i < 2; i++) population.openOne();
    settle(0, 'open');
    settle(1, 'open');
    for (const intendedUs of [500, 900, 700]) {
      subscribers[0]?.subscription.takeEvent({ seq: intendedUs, intendedUs, sentUs: intendedUs }, 1000);
    }
    population.recordAges(2000);
    const ages = recorder.takeFilled().map((one) => recorder.encode(one));
    const age = ages.find(({ kind }) => kind === 'age');
    expect([age?.count, age?.maxMs]).toEqual([1, 1.1]);
  });
});
