/**
 * As the note sketches it: whoever changes the state takes a copy, changes that, and puts it back. Two that do so at
 * a time start from the same copy, and the change of one of them is lost.
 */
import type { Change, ConnectionState, StateHolder } from '../connection-state.ts';
import { createState } from '../connection-state.ts';

export class SnapshotThenMutate implements StateHolder {
  #state = createState();
  readonly #copy: (state: ConnectionState) => Promise<ConnectionState>;

  /** `copy` is the actor's answer, which takes a moment. */
  constructor(copy: (state: ConnectionState) => Promise<ConnectionState>) {
    this.#copy = copy;
  }

  async mutate(change: Change): Promise<void> {
    const copy = await this.#copy(this.#state);
    change(copy);
    this.#state = copy;
  }

  snapshot(): Promise<ConnectionState> {
    return this.#copy(this.#state);
  }
}
