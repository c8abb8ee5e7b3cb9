/** P20: what the observer of a proxy's events gets to see of each request. */
import { createVirtualClock } from '../../src/core/clock.ts';
import { createRandom } from '../../src/core/random.ts';
import { createChannel } from '../../src/system/channel/channel.ts';
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { createLifecycleEvent, type LifecycleEvent } from '../../src/system/proxy/lifecycle-event.ts';
import { LifecycleTracker } from '../../src/system/proxy/lifecycle-integrity.ts';

const REQUESTS = 500;

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
  const running: { id: number; method: string; url: string }[] = [];
  const finish = (): void => {
    const [request] = running.splice(random.int(running.length), 1);
    if (request === undefined) return;
    channel.offer(
      createLifecycleEvent('finished', request, { status: 200 }, tracker.isStartLost(request.id)),
    );
  };
  const observe = (): void => {
    const event = channel.tryTake();
    if (event !== undefined) channel.delivered(event);
  };
  for (let id = 0; id < REQUESTS; id++) {
    const request = { id, method: 'GET', url: '/' };
    running.push(request);
    channel.offer(createLifecycleEvent('started', request));
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
