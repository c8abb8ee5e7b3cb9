/** The beginning of a body, for people to read. */
import { CUT_MARK, wholeCharacters } from './cut-text.ts';
import type { Preview } from './story.ts';

/** text/*, json, xml, javascript, forms, graphql, and whatever is written in json or xml (RFC 6839). */
const DISPLAYABLE =
  /^\s*(?:text\/[^;\s]+|application\/(?:json|xml|javascript|x-javascript|ecmascript|x-www-form-urlencoded|graphql)|[^;\s/]+\/[^;\s]+\+(?:json|xml))\s*(?:;|$)/i;

export function isDisplayable(contentType: string | undefined): boolean {
  return contentType !== undefined && DISPLAYABLE.test(contentType);
}

/** The first buffer of a preview; it doubles from there. */
const FIRST_BYTES = 1024;

/**
 * Keeps a copy of the first `limitBytes` bytes that pass, read as UTF-8: what is not becomes U+FFFD. A body that
 * is longer ends in "...", cut between two characters.
 */
export class BodyPreview implements Preview {
  readonly #limitBytes: number;
  #kept: Uint8Array | undefined;
  #length = 0;
  #isLonger = false;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(bytes: Uint8Array): void {
    if (this.#isLonger || bytes.length === 0) return;
    const room = this.#limitBytes - this.#length;
    const taken = Math.min(room, bytes.length);
    if (taken < bytes.length) this.#isLonger = true;
    if (taken === 0) return;
    const needed = this.#length + taken;
    if (this.#kept === undefined || this.#kept.length < needed) this.#grow(needed);
    this.#kept?.set(taken === bytes.length ? bytes : bytes.subarray(0, taken), this.#length);
    this.#length = needed;
  }

  /** `null` for a body without a byte. */
  get text(): string | null {
    if (this.#kept === undefined) return this.#isLonger ? CUT_MARK : null;
    const kept = Buffer.from(this.#kept.buffer, 0, this.#length);
    if (!this.#isLonger) return kept.toString();
    return kept.toString('utf8', 0, wholeCharacters(kept)) + CUT_MARK;
  }

  #grow(needed: number): void {
    const size = Math.min(this.#limitBytes, Math.max(FIRST_BYTES, needed, 2 * (this.#kept?.length ?? 0)));
    const grown = new Uint8Array(size);
    if (this.#kept !== undefined) grown.set(this.#kept.subarray(0, this.#length));
    this.#kept = grown;
  }
}

/** Memory of a text, in bytes: one for each character where all are Latin, else two. */
export function textBytes(text: string | null): number {
  if (text === null) return 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return 2 * text.length;
  return text.length;
}
