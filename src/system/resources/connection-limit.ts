import type { PathName } from '../../core/boundary.ts';

/** Admits connections up to a limit. Counting and checking are one synchronous step, so no burst slips through. */
export class ConnectionLimit {
  readonly #limit: number;
  readonly #paths: Record<PathName, { open: number; admitted: number; rejected: number }> = {
    sse: { open: 0, admitted: 0, rejected: 0 },
    ws: { open: 0, admitted: 0, rejected: 0 },
    proxy: { open: 0, admitted: 0, rejected: 0 },
  };

  constructor(limit: number) {
    this.#limit = limit;
  }

  get open(): number {
    return this.#paths.sse.open + this.#paths.ws.open + this.#paths.proxy.open;
  }

  /** True when the connection may stay; then {@link leave} must follow exactly once. */
  admit(path: PathName): boolean {
    if (this.open >= this.#limit) {
      this.#paths[path].rejected++;
      return false;
    }
    this.#paths[path].open++;
    this.#paths[path].admitted++;
    return true;
  }

  leave(path: PathName): void {
    this.#paths[path].open--;
  }

  sample(): Record<PathName, { open: number; admitted: number; rejected: number }> {
    return { sse: { ...this.#paths.sse }, ws: { ...this.#paths.ws }, proxy: { ...this.#paths.proxy } };
  }
}
