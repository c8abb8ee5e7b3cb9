/**
 * How each accepted connection of a proxy ended: one two-letter code, who ended it and in which phase
 * (HAProxy's idea). The first cause of the end wins; what a connection outlives is none.
 *
 *   who    C client abort · S upstream abort · P policy · R resource · I internal error (must be 0) ·
 *          K operator · c, s client or upstream too slow · - in order
 *   phase  R request · T TLS · Q queue · C connect · H head of the answer · D data · L last data · -
 */
import type { Duplex } from 'node:stream';

export type EndedBy = 'C' | 'S' | 'P' | 'R' | 'I' | 'K' | 'c' | 's' | '-';
export type EndPhase = 'R' | 'T' | 'Q' | 'C' | 'H' | 'D' | 'L' | '-';

export class Termination {
  #code: string | undefined;

  /** Says why the connection ends; later causes follow from this one and change nothing. */
  note(by: EndedBy, phase: EndPhase): void {
    this.#code ??= `${by}${phase}`;
  }

  /** The connection serves another request: whatever was wrong with the one before is not why it will end. */
  outlive(): void {
    this.#code = undefined;
  }

  get code(): string {
    return this.#code ?? '--';
  }
}

export class TerminationLog {
  readonly #open = new WeakMap<Duplex, Termination>();
  readonly #counts: Record<string, number> = {};
  #accepted = 0;
  #ended = 0;

  /** Follows one accepted connection until its socket closes. */
  follow(socket: Duplex): Termination {
    const termination = new Termination();
    this.#open.set(socket, termination);
    this.#accepted++;
    // Booked a turn later: others who hear of the end may know the cause.
    socket.once('close', () => setImmediate(() => this.#book(termination)));
    return termination;
  }

  #book(termination: Termination): void {
    this.#ended++;
    this.#counts[termination.code] = (this.#counts[termination.code] ?? 0) + 1;
  }

  /** That of a socket which {@link follow} has seen, or to which it was handed on; a new, unbooked one for any other. */
  of(socket: Duplex): Termination {
    return this.#open.get(socket) ?? new Termination();
  }

  /** `socket` is the same client connection in another shape (TLS over it): it shares the code and is not counted again. */
  handOn(from: Duplex, socket: Duplex): void {
    this.#open.set(socket, this.of(from));
  }

  /** accepted = open + Σ codes. */
  sample(): { accepted: number; open: number; codes: Record<string, number> } {
    return { accepted: this.#accepted, open: this.#accepted - this.#ended, codes: { ...this.#counts } };
  }
}
