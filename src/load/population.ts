/** The subscribers of one group: opens them one by one, keeps their number, collects their receipts. */
import type { ClientReceipt } from '../core/samples.ts';
import type { ConnectGate } from './connect-gate.ts';
import { Messenger } from './messenger.ts';
import type { Subscriber, SubscriberOutcome } from './subscriber.ts';
import { Subscription, type SubscriptionContext } from './subscription.ts';
import { WsClient, type WsOwner } from './ws-client.ts';

export interface PopulationOptions {
  readonly context: SubscriptionContext;
  readonly gate: ConnectGate;
  /** Distinguishes client ids of groups whose names are alike. */
  readonly groupIndex: number;
  readonly createSubscriber: (subscription: Subscription, owner: WsOwner) => Subscriber;
  readonly onReceipt: (receipt: ClientReceipt) => void;
}

/** A place in the group: not opened yet, a client, or one that has ended and is not replaced. */
type Place = Subscriber | 'waiting' | 'ended';

export class Population implements WsOwner {
  readonly messenger: Messenger;
  readonly #options: PopulationOptions;
  readonly #clientIdPrefix: string;
  /** In the order of opening. */
  readonly #places: Place[] = [];
  readonly #placeOf = new Map<Subscriber, number>();
  /** Waiting, connecting, or without an answer yet. */
  #opening = 0;
  #opened = 0;

  constructor(options: PopulationOptions) {
    this.#options = options;
    const { clock, recorder, totals, replySeries } = options.context;
    const slug = totals.group.name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
    this.#clientIdPrefix = `${slug}-${options.groupIndex + 1}-`;
    const mayOpen = () => this.#opening > 0;
    this.messenger = new Messenger({ clock, recorder, totals, replySeries, mayOpen });
  }

  /** One more client, as soon as the gate lets it in. */
  openOne(): void {
    const place = this.#places.push('waiting') - 1;
    this.#opening++;
    this.#options.gate.enter(() => this.#open(place));
  }

  /** Closes the newest ones until at most `count` places are left. */
  shrinkTo(count: number): void {
    while (this.#places.length > count) {
      const place = this.#places.pop() as Place;
      if (place === 'waiting') this.#opening--;
      else if (place !== 'ended') {
        place.subscription.leave();
        place.leave();
      }
    }
  }

  /** Who has not started to connect never will. */
  stopOpening(): void {
    this.#places.forEach((place, index) => {
      if (place !== 'waiting') return;
      this.#places[index] = 'ended';
      this.#opening--;
    });
    this.messenger.flush();
  }

  thaw(): void {
    for (const subscriber of this.#placeOf.keys()) subscriber.thaw();
  }

  /** Destroys whoever is left; messages without a reply have failed as `unanswered`. */
  close(): void {
    this.messenger.giveUp('unanswered');
    for (const subscriber of [...this.#placeOf.keys()]) subscriber.destroy('unanswered');
  }

  /** Records how old the newest event is that each subscriber has received. */
  recordAges(nowUs: number): void {
    const { recorder, series } = this.#options.context;
    for (const { subscription } of this.#placeOf.keys()) {
      const newestUs = subscription.newestIntendedUs;
      if (newestUs >= 0) recorder.recordAge(series, nowUs, nowUs - newestUs);
    }
  }

  onSettled(): void {
    this.#options.gate.leave();
  }

  onOutcome(subscriber: Subscriber, outcome: SubscriberOutcome): void {
    const { totals } = this.#options.context;
    this.#opening--;
    if (outcome === 'open') {
      subscriber.subscription.open();
      totals.admitted++;
      totals.open++;
      if (subscriber instanceof WsClient) this.messenger.add(subscriber);
      return;
    }
    totals[outcome]++;
    this.#forget(subscriber);
    this.messenger.flush();
  }

  onEnd(subscriber: Subscriber, endedCleanly: boolean): void {
    this.#options.context.totals.open--;
    this.#forget(subscriber);
    this.#options.onReceipt(subscriber.subscription.receipt(endedCleanly));
    // An orderly end with replies still due means that they were dropped on the other side.
    if (subscriber instanceof WsClient) {
      this.messenger.remove(subscriber, endedCleanly ? 'unanswered' : 'closed');
    }
  }

  onReply(client: WsClient): void {
    this.messenger.takeReply(client);
  }

  onDrain(): void {
    this.messenger.flush();
  }

  /** False when the place was given up before its turn came. */
  #open(place: number): boolean {
    if (this.#places[place] !== 'waiting') return false;
    const { context, createSubscriber } = this.#options;
    context.totals.attempted++;
    const subscription = new Subscription(`${this.#clientIdPrefix}${++this.#opened}`, context);
    const subscriber = createSubscriber(subscription, this);
    this.#places[place] = subscriber;
    this.#placeOf.set(subscriber, place);
    return true;
  }

  #forget(subscriber: Subscriber): void {
    const place = this.#placeOf.get(subscriber);
    this.#placeOf.delete(subscriber);
    if (place !== undefined && this.#places[place] === subscriber) this.#places[place] = 'ended';
  }
}
