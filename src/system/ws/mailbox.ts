/** One owner of a state and what it is told to do: commands are carried out one after another, in order. */
import type { Boundary, Sized } from '../boundary.ts';
import type { Channel } from '../channel/channel.ts';
import { CLASS_NORMAL } from '../channel/entry.ts';
import { type Wait, type WaitGraph, whileWaiting } from '../resources/wait-graph.ts';

export interface Command extends Sized {
  run(): unknown;
  /** It has ended; `false`: it was not carried out. */
  settle(isDone: boolean): void;
}

/** What one command costs in the accounts. */
const COMMAND_BYTES = 64;

export class Actor {
  readonly #boundary: Boundary<Command>;
  readonly #channel: Channel<Command>;
  readonly #waits: WaitGraph;
  readonly #name: string;
  readonly #of: string;
  readonly #stopped: Promise<void>;
  #commands = 0;

  /** `of` is the connection, as in `ws 12`. */
  constructor(boundary: Boundary<Command>, of: string, waits: WaitGraph) {
    this.#boundary = boundary;
    this.#waits = waits;
    this.#of = of;
    this.#name = `${of} actor`;
    this.#channel = boundary.open({ onEnd: (command, end) => command.settle(end === 'delivered') });
    this.#stopped = this.#work();
  }

  get name(): string {
    return this.#name;
  }

  /** Commands that wait. */
  get depthItems(): number {
    return this.#channel.depthItems;
  }

  /** Fire and forget; a promise only where `who` has to wait for room. */
  tell(who: string, run: () => unknown): void | Promise<void> {
    const offered = this.#channel.offer(this.#command(run, () => {}));
    if (offered instanceof Promise) return this.#awaitRoom(who, offered).then(() => {});
  }

  /** Resolves with what `run` answers once it has been carried out; with `undefined` where the actor has ended. */
  ask<T>(who: string, run: () => T | Promise<T>): Promise<T | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    let answer: T | undefined;
    const command = this.#command(
      async () => {
        try {
          answer = await run();
        } catch (thrown) {
          reject(thrown);
        }
      },
      (isDone) => resolve(isDone ? answer : undefined),
    );
    const offered = this.#channel.offer(command);
    if (offered instanceof Promise) void this.#awaitRoom(who, offered);
    else if (offered !== 'queued') resolve(undefined);
    return whileWaiting(this.#waits, this.#wait(who, `the answer of ${this.#name}`, null), promise);
  }

  /** Carries out nothing more; resolves when what it does is done. */
  async stop(): Promise<void> {
    this.#channel.discardQueued('shutdown');
    this.#channel.close();
    await this.#stopped;
    this.#boundary.retire(this.#channel, null, true);
  }

  async #work(): Promise<void> {
    for (;;) {
      const command = await this.#channel.take();
      if (command === undefined) return;
      await command.run();
      this.#channel.delivered(command);
    }
  }

  #command(run: () => unknown, settle: (isDone: boolean) => void): Command {
    const key = ++this.#commands;
    return { run, settle, bytes: COMMAND_BYTES, class: CLASS_NORMAL, key, flow: this.#of };
  }

  #awaitRoom<T>(who: string, offered: Promise<T>): Promise<T> {
    const wait = this.#wait(who, `room in ws.mailbox of ${this.#of}`, 'ws.mailbox');
    return whileWaiting(this.#waits, wait, offered);
  }

  #wait(who: string, what: string, boundary: Wait['boundary']): Wait {
    return { who, what, freedBy: [this.#name], boundary };
  }
}
