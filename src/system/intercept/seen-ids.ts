/** The last ids of a stream, to tell an event that came before; beyond the limit the oldest one is forgotten. */

/** A longer id is not kept: a thousand of them must not take a gigabyte. */
export const MAX_ID_CHARS = 1024;

export class SeenIds {
  readonly #limit: number;
  /** In order of arrival, which is the order of a set. */
  readonly #ids = new Set<string>();

  /** `limit` 0: every id is new. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#ids.size;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** An id that is known keeps its place. */
  add(id: string): void {
    if (this.#limit === 0 || id.length > MAX_ID_CHARS || this.#ids.has(id)) return;
    if (this.#ids.size >= this.#limit) this.#ids.delete(this.#ids.values().next().value as string);
    this.#ids.add(id);
  }
}
