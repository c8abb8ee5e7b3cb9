/** Where the stories of requests become events: which of them are let in, and what they say. */
import type { Clock } from '../../core/clock.ts';
import type { LifecycleSettings } from '../../core/plan.ts';
import type { Channel } from '../channel/channel.ts';
import { DurationTotals } from './duration-totals.ts';
import {
  createCountersEvent,
  createRequestEvent,
  type LifecycleEvent,
  outcomeBytes,
  type RequestCounters,
} from './lifecycle-event.ts';
import type { LifecycleTracker } from './lifecycle-integrity.ts';
import { OwedEnds } from './owed-ends.ts';
import { BodyPreview, isDisplayable, textBytes } from './preview.ts';
import type { StoryDesk, Told, ToldStory } from './request-story.ts';

/** Longest text of a failure, in characters: so much room is kept for it. */
const MAX_REASON_LENGTH = 256;
const OWED_OUTCOME_BYTES = outcomeBytes('.'.repeat(MAX_REASON_LENGTH));

/** Why the ledger says that a request was given up whole. */
const GIVEN_UP = 'request';

export interface RequestDeskOptions {
  readonly channel: Channel<LifecycleEvent>;
  /** Offers to `channel`. */
  readonly offer: (event: LifecycleEvent) => Told;
  readonly tracker: LifecycleTracker;
  readonly settings: Pick<LifecycleSettings, 'previewBytes' | 'dropBy'>;
  readonly requests: LifecycleSettings['requests'];
  /** Whether a full queue makes its producer wait: then nothing has to be given up. */
  readonly blocks: boolean;
  readonly clock: Clock;
}

export class RequestDesk implements StoryDesk {
  readonly durations = {
    upstreamMs: new DurationTotals(),
    displayedMs: new DurationTotals(),
    clientMs: new DurationTotals(),
  };
  /** Requests of which nothing is told, and ends that went without their previews, for want of room. */
  givenUp = 0;
  previewsCut = 0;
  readonly #options: RequestDeskOptions;
  readonly #owed: OwedEnds | undefined;

  constructor(options: RequestDeskOptions) {
    this.#options = options;
    const isByRequest = options.settings.dropBy === 'request' && !options.blocks;
    this.#owed = isByRequest ? new OwedEnds(options.channel) : undefined;
  }

  /** Ends for which room is kept. */
  get owedEnds(): number {
    return this.#owed?.items ?? 0;
  }

  nowNs(): number {
    return this.#options.clock.nowNs();
  }

  openPreview(contentType: string | undefined): BodyPreview | undefined {
    const { previewBytes } = this.#options.settings;
    if (previewBytes === 0 || !isDisplayable(contentType)) return undefined;
    return new BodyPreview(previewBytes);
  }

  tellStart(story: ToldStory): Told | undefined {
    const { channel, offer, requests } = this.#options;
    if (requests === 'counters') return this.#tellCounters({ started: 1, finished: 0, failed: 0 });
    const owed = this.#owed;
    const event = createRequestEvent('request-started', story.startedNs, story.id, story.facts, story.bytes);
    if (owed === undefined || channel.closed) return offer(event);
    if (!owed.hasRoomForRequest(story.bytes, story.bytes + OWED_OUTCOME_BYTES)) {
      this.#giveUp(story);
      channel.refuse(GIVEN_UP);
      return undefined;
    }
    // Owed before it is offered: the consumer may take it at once.
    owed.add(story.bytes + OWED_OUTCOME_BYTES);
    story.isEndOwed = true;
    const told = offer(event);
    if (told === 'dropped') {
      this.#settle(story);
      this.#giveUp(story);
    }
    return told;
  }

  tellEnd(story: ToldStory, status: number | null, reason: string | null): Told | undefined {
    const { channel, offer, tracker, requests } = this.#options;
    const nowNs = this.nowNs();
    const outcome = story.takeOutcome(status, nowNs);
    this.durations.upstreamMs.add(outcome.upstreamMs);
    this.durations.displayedMs.add(outcome.displayedMs);
    if (requests === 'counters') {
      return this.#tellCounters({
        started: 0,
        finished: reason === null ? 1 : 0,
        failed: reason === null ? 0 : 1,
      });
    }
    if (story.isEndOwed) this.#settle(story);
    if (story.isGivenUp && !channel.closed) {
      channel.refuse(GIVEN_UP);
      tracker.noteGivenUp(story.id);
      return undefined;
    }
    const text = reason === null ? null : reason.slice(0, MAX_REASON_LENGTH);
    const plainBytes = story.bytes + outcomeBytes(text);
    let bytes = plainBytes + textBytes(outcome.requestPreview) + textBytes(outcome.responsePreview);
    let told = outcome;
    if (bytes > plainBytes && this.#owed?.hasRoomForEvent(bytes, true) === false) {
      this.previewsCut++;
      told = { ...outcome, requestPreview: null, responsePreview: null };
      bytes = plainBytes;
    }
    const isStartLost = tracker.isStartLost(story.id);
    const end = { outcome: told, text, isStartLost };
    const type = reason === null ? 'request-finished' : 'request-failed';
    story.end = createRequestEvent(type, nowNs, story.id, story.facts, bytes, end);
    return offer(story.end);
  }

  noteClientSide(event: LifecycleEvent | undefined, clientMs: number): void {
    this.durations.clientMs.add(clientMs);
    if (event !== undefined && event.outcome !== null) event.outcome.clientMs = clientMs;
  }

  /** Whether an event of no request may be let in, or would take the room of an end that is owed. */
  hasRoomFor(event: LifecycleEvent): boolean {
    return this.#owed?.hasRoomForEvent(event.bytes, event.class === 0) ?? true;
  }

  #tellCounters(counters: RequestCounters): Told | undefined {
    const event = createCountersEvent(this.nowNs(), counters);
    return this.#options.offer(event);
  }

  #giveUp(story: ToldStory): void {
    story.isGivenUp = true;
    this.givenUp++;
  }

  #settle(story: ToldStory): void {
    story.isEndOwed = false;
    this.#owed?.settle(story.bytes + OWED_OUTCOME_BYTES);
  }
}
