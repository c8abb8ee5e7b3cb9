/** What is kept of one connection, and who may touch it. */

export interface ConnectionState {
  received: number;
  lastSeenNs: number;
  /** Names of the subscriptions. */
  subscriptions: string[];
}

export type Change = (state: ConnectionState) => void;

/** The state as the chains see it. A promise only where its owner has to be waited for. */
export interface StateHolder {
  /** Changes are made one after another, in the order of the calls. */
  mutate(change: Change): void | Promise<void>;
  /** What it is at some moment; for reading. */
  snapshot(): ConnectionState | Promise<ConnectionState>;
}

export function createState(): ConnectionState {
  return { received: 0, lastSeenNs: 0, subscriptions: [] };
}

/** State that belongs to whoever runs: a change is one step of one thread, which nothing comes between. */
export class OwnState implements StateHolder {
  readonly #state = createState();

  mutate(change: Change): void {
    change(this.#state);
  }

  snapshot(): ConnectionState {
    return this.#state;
  }
}
