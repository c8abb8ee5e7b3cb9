/** P20: what the observer of a proxy's events gets to see of each request. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { createRandom } from '../../src/core/random.ts';
import { createChannel } from '../../src/system/channel/channel.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { createRequestEvent, type LifecycleEvent } from '../../src/system/proxy/lifecycle-event.ts';
import { LifecycleTracker } from '../../src/system/proxy/lifecycle-integrity.ts';
import type { RequestFacts } from '../../src/system/proxy/story.ts';

const REQUESTS = 500;
const FACTS: RequestFacts = { kind: 'request', method: 'GET', url: '/', rawHeaders: [] };
const OUTCOME = {
  status: 200,
  requestPreview: null,
  responsePreview: null,
  upstreamMs: 0,
  displayedMs: 0,
  clientMs: null,
};

/** Requests whose start was shown and whose end never was, at twice the rate that the observer takes. */
export async function findHalfStories(overflow: OverflowPolicy): Promise<string | undefined> {
  const tracker = new LifecycleTracker();
  const random = createRandom(1, 'stories');
  const channel = createChannel<LifecycleEvent>({
    overflow,
    capacityItems: 20,
    clock: createVirtualClock(),
    sizeOf: (event) => event.bytes,
    classOf: (event) => event.class,
    keyOf: (event) => event.key,
    onEnd: (event, end, reason) => tracker.note(event, end, reason),
  });
  const running: number[] = [];
  const finish = (): void => {
    const [id] = running.splice(random.int(running.length), 1);
    if (id === undefined) return;
    const end = { outcome: OUTCOME, text: null, isStartLost: tracker.isStartLost(id) };
    channel.offer(createRequestEvent('request-finished', 0, id, FACTS, 200, end));
  };
  const observe = (): void => {
    const event = channel.tryTake();
    if (event !== undefined) channel.delivered(event);
  };
  for (let id = 1; id <= REQUESTS; id++) {
    running.push(id);
    channel.offer(createRequestEvent('request-started', 0, id, FACTS, 200));
    if (running.length > 5) finish();
    observe();
    await null;
  }
  while (running.length > 0) finish();
  while (channel.depthItems > 0) observe();
  const { pendingForever, complete } = tracker.sample();
  if (pendingForever > 0) return `${pendingForever} requests pending for ever, ${complete} complete`;
  return complete > 0 ? undefined : 'no request was shown at all';
}
