/** The events of one request: a story that a proxy tells while the request passes. */
import { NS_PER_MS } from '../../core/clock.ts';
import type { OfferOutcome } from '../channel/channel.ts';
import { type LifecycleEvent, type RequestOutcome, requestEventBytes } from './lifecycle-event.ts';
import type { BodyPreview } from './preview.ts';
import type { Preview, RequestFacts, RequestStory } from './story.ts';

export type Told = OfferOutcome | Promise<OfferOutcome>;

/** Where stories are told; `undefined` for an event that was given up. */
export interface StoryDesk {
  nowNs(): number;
  /** `undefined` where previews are off or the type is not one to be shown. */
  openPreview(contentType: string | undefined): BodyPreview | undefined;
  tellStart(story: ToldStory): Told | undefined;
  tellEnd(story: ToldStory, status: number | null, reason: string | null): Told | undefined;
  /** The request has ended for its client, its last wait included. */
  noteClientSide(event: LifecycleEvent | undefined, clientMs: number): void;
}

export class ToldStory implements RequestStory {
  readonly id: number;
  readonly facts: RequestFacts;
  /** Memory of an event of this request, in bytes. */
  readonly bytes: number;
  startedNs = 0;
  /** Below 0 while its start still waits. */
  startToldNs = -1;
  /** Neither of its events is told. */
  isGivenUp = false;
  /** Room is kept for its end. */
  isEndOwed = false;
  /** Its last event, once made. */
  end: LifecycleEvent | undefined;
  requestPreview: BodyPreview | undefined;
  responsePreview: BodyPreview | undefined;
  readonly #desk: StoryDesk;
  #hasEnded = false;

  constructor(id: number, facts: RequestFacts, desk: StoryDesk) {
    this.id = id;
    this.facts = facts;
    this.bytes = requestEventBytes(facts);
    this.#desk = desk;
  }

  start(): undefined | Promise<void> {
    this.startedNs = this.#desk.nowNs();
    const told = this.#desk.tellStart(this);
    if (told === undefined || typeof told === 'string') {
      this.startToldNs = this.startedNs;
      return undefined;
    }
    return this.#waitForStart(told);
  }

  requestBody(contentType: string | undefined): Preview | undefined {
    this.requestPreview = this.#desk.openPreview(contentType);
    return this.requestPreview;
  }

  responseBody(contentType: string | undefined): Preview | undefined {
    this.responsePreview = this.#desk.openPreview(contentType);
    return this.responsePreview;
  }

  finish(status: number): undefined | Promise<void> {
    return this.#end(status, null);
  }

  fail(reason: string, status?: number): undefined | Promise<void> {
    return this.#end(status ?? null, reason);
  }

  /** What its end says; both previews are read, and let go. */
  takeOutcome(status: number | null, nowNs: number): RequestOutcome {
    const requestPreview = this.requestPreview?.text ?? null;
    const responsePreview = this.responsePreview?.text ?? null;
    this.requestPreview = undefined;
    this.responsePreview = undefined;
    return {
      status,
      requestPreview,
      responsePreview,
      // One that ends while its start still waits never went upstream.
      upstreamMs: this.startToldNs < 0 ? 0 : msBetween(this.startToldNs, nowNs),
      displayedMs: msBetween(this.startedNs, nowNs),
      clientMs: null,
    };
  }

  async #waitForStart(told: Promise<OfferOutcome>): Promise<void> {
    await told;
    this.startToldNs = this.#desk.nowNs();
  }

  #end(status: number | null, reason: string | null): undefined | Promise<void> {
    if (this.#hasEnded) return undefined;
    this.#hasEnded = true;
    const told = this.#desk.tellEnd(this, status, reason);
    if (told !== undefined && typeof told !== 'string') return this.#waitForEnd(told);
    this.#noteClientSide();
    return undefined;
  }

  async #waitForEnd(told: Promise<OfferOutcome>): Promise<void> {
    await told;
    this.#noteClientSide();
  }

  #noteClientSide(): void {
    this.#desk.noteClientSide(this.end, msBetween(this.startedNs, this.#desk.nowNs()));
    this.end = undefined;
  }
}

function msBetween(fromNs: number, toNs: number): number {
  return (toNs - fromNs) / NS_PER_MS;
}
