/** What is the consumer's to take: held items are not, their time has not come. */
import type { ConsumerView } from './rule.ts';

export function backlogItems(consumer: ConsumerView): number {
  return consumer.pendingItems - consumer.heldItems;
}

export function backlogBytes(consumer: ConsumerView): number {
  return consumer.pendingBytes - consumer.heldBytes;
}
