/**
 * What one client gets, and in which order: live events as the bus brings them, what the store has of those that it
 * missed, and word of what nobody has.
 *
 *   bus ─▶ accept ─▶ next in line? ─ yes ─▶ the client's queue
 *                       └ lapped ─▶ replay, snapshot, reload, stale, disconnect, end, or nothing
 */
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import type { Wait } from '../resources/wait-graph.ts';
import { CatchUp, type CatchUpParts } from './catch-up.ts';
import { encodeGap, encodeStale, SSE_RELOAD } from './encode.ts';
import type { BusEvent } from './frames.ts';
import type { Notice } from './notices.ts';
import type { StateSource } from './snapshot.ts';
import type { SubscriptionTarget } from './subscription-target.ts';

const SNAPSHOT_EVERY_MS = 5000;

/** What all subscriptions share. */
export interface SubscriptionParts extends CatchUpParts {
  readonly states: StateSource;
  readonly clock: Clock;
}

/** What it did, for the account of its connection. */
export interface SubscriptionCounts {
  /** Live events that the bus brought, and those that it had lost before. */
  live: number;
  lost: number;
  /** Events from the store: all, and those that were published after it had subscribed. */
  replayed: number;
  replayedLive: number;
  /** Live events that a replay had sent already, and those of them that were left out. */
  overlap: number;
  deduplicated: number;
  /** Live events that a state stands for. */
  inSnapshot: number;
}

export class Subscription {
  /** Live events up to this one were published before it subscribed. */
  sinceSeq = 0;
  readonly #target: SubscriptionTarget;
  readonly #parts: SubscriptionParts;
  readonly #catchUp: CatchUp;
  readonly #counts = { live: 0, lost: 0, overlap: 0, deduplicated: 0, inSnapshot: 0 };
  #nextSeq = 0;
  /** Live events up to this one are in a state that was sent. */
  #stateId = 0;
  #countLost: () => number = () => 0;
  #lostBefore = 0;
  #starting: Promise<void> | undefined;
  /** Lapped, and not yet abreast of the bus again: one episode, however often it is lapped in it. */
  #isLagging = false;
  #owesSnapshot = false;
  #nextSnapshotNs = Number.NEGATIVE_INFINITY;

  constructor(target: SubscriptionTarget, parts: SubscriptionParts, roomWait: Wait) {
    this.#target = target;
    this.#parts = parts;
    this.#catchUp = new CatchUp(target, parts, roomWait);
  }

  get counts(): SubscriptionCounts {
    const { replayed, replayedLive } = this.#catchUp;
    return { ...this.#counts, replayed, replayedLive };
  }

  /** Everything up to this id was sent, lost, or told as missing. */
  get lastId(): number {
    return this.#catchUp.lastId;
  }

  /** Live events come from now on: those after `seq` and `id`. `countLost` reads what the bus has lost of them so far. */
  join(seq: number, id: number, countLost: () => number): void {
    this.sinceSeq = seq;
    this.#nextSeq = seq + 1;
    this.#catchUp.sinceId = id;
    this.#catchUp.lastId = id;
    this.#countLost = countLost;
    this.#lostBefore = countLost();
  }

  /** Sends what came after `afterId`, which the client has; live events wait meanwhile. */
  resume(afterId: number): Promise<void> {
    this.#parts.counts.resumes++;
    const starting = this.#resume(afterId).then(() => {
      this.#starting = undefined;
    });
    this.#starting = starting;
    return starting;
  }

  /** Resolves once what it missed before has been sent. */
  async whenStarted(): Promise<void> {
    await this.#starting;
  }

  /** One live event, in the order of the bus. False where the client has gone. */
  accept(item: BusEvent): boolean | Promise<boolean> {
    const { id } = item;
    const catchUp = this.#catchUp;
    const isAbreast =
      item.seq === this.#nextSeq && !catchUp.isUnderWay && !this.#isLagging && this.#starting === undefined;
    if (!isAbreast || (id !== 0 && id <= catchUp.lastId) || !this.#target.isOpen) {
      return this.#acceptSlowly(item);
    }
    this.#nextSeq++;
    this.#counts.live++;
    if (id !== 0) catchUp.lastId = id;
    const outcome = this.#target.offer(item);
    return outcome instanceof Promise ? outcome.then(() => true) : true;
  }

  /** The bus has nothing for it at the moment. */
  caughtUp(): void {
    if (this.#starting !== undefined) return;
    this.#catchUp.isUnderWay = false;
    this.#isLagging = false;
  }

  /** To be called now and then: sends a state that had to wait. */
  tick(): void {
    const isBusy = this.#starting !== undefined || this.#catchUp.isUnderWay;
    if (this.#owesSnapshot && !isBusy) this.#paySnapshot();
  }

  async #acceptSlowly(item: BusEvent): Promise<boolean> {
    await this.#starting;
    const { id, seq } = item;
    const jump = seq - this.#nextSeq;
    this.#nextSeq = Math.max(this.#nextSeq, seq + 1);
    if (jump > 0) await this.#takeJump(jump, item);
    if (!this.#isWanted(item)) {
      this.#counts.live++;
      return true;
    }
    if (!(await this.#catchUp.mayPass(item.bytes))) return false;
    this.#counts.live++;
    this.#catchUp.lastId = Math.max(this.#catchUp.lastId, id);
    await this.#catchUp.offer(item);
    return true;
  }

  /** Neither in a state that was sent, nor sent by a replay. */
  #isWanted({ id }: BusEvent): boolean {
    if (id === 0) return true;
    if (id <= this.#stateId) {
      this.#counts.inSnapshot++;
      return false;
    }
    if (id > this.#catchUp.replayedId) return true;
    this.#counts.overlap++;
    if (!this.#parts.settings.dedupe) return true;
    this.#counts.deduplicated++;
    this.#parts.counts.deduplicated++;
    return false;
  }

  // The bus has lapped it.

  /** Events are missing before `item`: what the strategy has merged is meant so, what it has dropped is a lag. */
  async #takeJump(jump: number, item: BusEvent): Promise<void> {
    const lost = this.#countLost();
    const missed = Math.min(jump, lost - this.#lostBefore);
    this.#lostBefore = lost;
    if (missed <= 0) return;
    this.#counts.lost += missed;
    const { counts } = this.#parts;
    counts.lags++;
    counts.missed += missed;
    const isNewEpisode = !this.#isLagging;
    this.#isLagging = true;
    await this.#react(missed, item.id, isNewEpisode);
  }

  /** `beforeId`: the event that comes next; 0 for one that is not in the store. */
  async #react(missed: number, beforeId: number, isNewEpisode: boolean): Promise<void> {
    const { settings, counts, frames, store } = this.#parts;
    const untilId = beforeId > 0 ? beforeId - 1 : (store?.headId ?? this.lastId);
    switch (settings.onLag) {
      case 'replay':
        // A state holds all that came before it.
        if (!frames.rendersState) await this.#catchUp.replay(untilId);
        return;
      case 'snapshot':
        this.#owesSnapshot = true;
        if (this.#paySnapshot()) await this.#catchUp.replay(untilId);
        return;
      case 'reload':
        if (isNewEpisode && this.#announce({ wire: SSE_RELOAD, beforeId, toId: 0 })) counts.reloads++;
        return;
      case 'stale': {
        const wire = encodeStale({ from: this.lastId + 1, to: Math.max(untilId, this.lastId), missed });
        if (isNewEpisode && this.#announce({ wire, beforeId, toId: 0 })) counts.staleMarks++;
        return;
      }
      case 'disconnect':
        counts.endedByLag++;
        this.#target.cut('disconnect.slow');
        return;
      case 'end':
        counts.endedByLag++;
        this.#target.endSilently();
        return;
      case 'ignore':
        return;
    }
  }

  /** Sends the state if it is time; whether it did. One that is older than what the client has is of no use to it. */
  #paySnapshot(): boolean {
    const { clock, states, counts } = this.#parts;
    const nowNs = clock.nowNs();
    if (nowNs < this.#nextSnapshotNs) return false;
    this.#owesSnapshot = false;
    const { id, wire } = states.snapshot();
    if (id <= this.lastId) return true;
    if (!this.#announce({ wire, beforeId: id + 1, toId: id })) {
      this.#catchUp.tellGap(id);
      return true;
    }
    this.#nextSnapshotNs = nowNs + SNAPSHOT_EVERY_MS * NS_PER_MS;
    counts.snapshots++;
    this.#catchUp.lastId = id;
    this.#stateId = id;
    return true;
  }

  // A client that comes back.

  async #resume(afterId: number): Promise<void> {
    const { settings, store, frames, counts } = this.#parts;
    const catchUp = this.#catchUp;
    const headId = store?.headId ?? catchUp.lastId;
    if (afterId > headId) {
      // It has seen what is not there, such as events of a store that was lost: from here on it counts anew.
      catchUp.lastId = headId;
      const wire = encodeGap({ from: headId + 1, to: afterId, missed: 0 }, headId);
      if (this.#announce({ wire, beforeId: headId + 1, toId: headId })) counts.gaps++;
      return;
    }
    catchUp.lastId = settings.resume === 'since-plus-one' ? afterId + 1 : afterId;
    if (frames.rendersState) return this.#sendState();
    if (settings.onLag === 'snapshot' && store !== null && this.lastId + 1 < store.oldestId) {
      this.#paySnapshot();
    }
    await catchUp.replay(headId, settings.resume !== 'replay-first');
  }

  async #sendState(): Promise<void> {
    const frame = this.#parts.frames.state();
    if (frame === null || frame.id <= this.lastId) return;
    this.#catchUp.lastId = frame.id;
    this.#stateId = frame.id;
    this.#catchUp.replayed++;
    await this.#catchUp.offer(frame);
  }

  #announce(notice: Notice): boolean {
    return this.#target.isOpen && this.#target.announce(notice);
  }
}
