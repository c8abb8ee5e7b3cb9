/** Whether the observer of the proxy's events got a whole story of every request. */
import type { LifecycleIntegrity } from '../../core/samples.ts';
import type { ItemEnd } from '../channel/end-notices.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';

type Fate = 'open' | 'shown' | 'lost';

interface Story {
  start: Fate;
  end: Fate;
}

export class LifecycleTracker {
  readonly #stories = new Map<number, Story>();
  readonly #counts: LifecycleIntegrity = { complete: 0, summaryOnly: 0, unseen: 0, pendingForever: 0 };

  /** To be told of the end of every event in the queue. A story that the system's own end cuts short is none. */
  note(event: LifecycleEvent, end: ItemEnd, reason: string): void {
    if (event.requestId === 0) return;
    if (reason === 'shutdown' || reason === 'closed') {
      this.#stories.delete(event.requestId);
      return;
    }
    let story = this.#stories.get(event.requestId);
    if (story === undefined) {
      story = { start: 'open', end: 'open' };
      this.#stories.set(event.requestId, story);
    }
    // A coalesced start is no loss of its own: the end that stands for it says what it would have said.
    const fate = end === 'delivered' ? 'shown' : 'lost';
    if (event.type === 'request-started') story.start = fate;
    else story.end = fate;
    if (story.start === 'open' || story.end === 'open') return;
    this.#stories.delete(event.requestId);
    this.#counts[nameOf(story)]++;
  }

  /** Neither the start nor the end of this request is told. */
  noteGivenUp(requestId: number): void {
    this.#stories.delete(requestId);
    this.#counts.unseen++;
  }

  /** Whether the observer will never see this request start. */
  isStartLost(requestId: number): boolean {
    return this.#stories.get(requestId)?.start === 'lost';
  }

  /** Of requests both of whose events have ended. */
  sample(): LifecycleIntegrity {
    return { ...this.#counts };
  }
}

function nameOf({ start, end }: Story): keyof LifecycleIntegrity {
  if (start === 'shown') return end === 'shown' ? 'complete' : 'pendingForever';
  return end === 'shown' ? 'summaryOnly' : 'unseen';
}
