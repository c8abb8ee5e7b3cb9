/** What items say of themselves, and who says it: for parts that go by class, key or flow. */
import type { Effects } from '../system/strategies/definition.ts';

const CLASSES = [
  'class: 0 is critical, 1 normal, 2 and more may be shed.',
  'Events have the class of ?class= of POST /publish, or of events: of a scenario; normal without one.',
  'Requests have the u= of their Priority header; normal without one.',
  'At proxy.events the end of a request whose start was shown is critical; a start may be shed.',
];

const KEYS = [
  'key: what an item is about; a later one with the same key may stand for it.',
  'Events have the key of ?key= of POST /publish, or of events: of a scenario.',
  'The key of a request is its method and URL. At proxy.events it is the request.',
];

const FLOWS = [
  'flow: whose an item is.',
  'Events have the flow of ?flow= of POST /publish, or of events: of a scenario.',
  'The flow of a request is its connection. At proxy.events it is the request.',
];

export function describeTraits({ readsClass, readsKey, readsFlow }: Effects): string[] {
  return [...(readsClass ? CLASSES : []), ...(readsKey ? KEYS : []), ...(readsFlow ? FLOWS : [])];
}
