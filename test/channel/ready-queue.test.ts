import { expect, it } from 'vitest';
import { Entry } from '../../src/system/channel/entry.ts';
import { ReadyQueue } from '../../src/system/channel/ready-queue.ts';

function createEntry(item: number, key: string): Entry<number> {
  const entry = new Entry(item);
  entry.key = key;
  return entry;
}

it('finds the newest entry of a key also when an older one of that key has left', () => {
  const queue = new ReadyQueue<number>(new Set(['key']));
  const [older, newer] = [createEntry(1, 'a'), createEntry(2, 'a')];
  queue.add(older);
  queue.add(newer);
  queue.take(older);
  expect(queue.ofKey('a')).toBe(newer);
  queue.take(newer);
  expect(queue.ofKey('a')).toBeUndefined();
});
