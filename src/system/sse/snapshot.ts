/** The state of the feed for those who cannot be told every step: the todo list, encoded once per state. */
import type { FeedEvent } from '../event.ts';
import { encodeSseEvent } from './encode.ts';

export interface Snapshot {
  /** The last event that is in it. */
  readonly id: number;
  readonly wire: Buffer;
}

export interface StateSource {
  snapshot(): Snapshot;
}

/** What a state is read from: `todo_list`. */
export interface StateHolder {
  readonly todoListId: number;
  readonly todoList: Iterable<FeedEvent>;
}

export class Snapshots implements StateSource {
  readonly #holder: StateHolder;
  #last: Snapshot | undefined;

  constructor(holder: StateHolder) {
    this.#holder = holder;
  }

  snapshot(): Snapshot {
    const { todoListId: id, todoList } = this.#holder;
    if (this.#last?.id === id) return this.#last;
    const items = Array.from(todoList, (event) => ({
      id: event.id,
      type: event.type,
      key: event.key,
      text: event.text,
    }));
    this.#last = { id, wire: encodeSseEvent(id, JSON.stringify({ id, items }), 'snapshot') };
    return this.#last;
  }
}
