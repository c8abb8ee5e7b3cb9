/** What publishers send, and what the feeds carry. */
import { CLASS_NORMAL } from './channel/entry.ts';

export interface NewEvent {
  readonly text: string;
  /** What kind of event it is; '' for none. No line breaks, no NUL. */
  readonly type: string;
  /** What it is about: a later event with the same key may stand for it. `null`: about itself alone. */
  readonly key: string | null;
  /** 0 (critical) to 7; 1 is normal. */
  readonly class: number;
  /** Whose it is, where several share a queue. */
  readonly flow: string;
}

/** An event with its place in the sequence. Ids rise, also from one start of the system to the next. */
export interface FeedEvent extends NewEvent {
  readonly id: number;
  /** Wall time, ms since 1970. */
  readonly createdAtMs: number;
}

export const PLAIN_EVENT: Omit<NewEvent, 'text'> = { type: '', key: null, class: CLASS_NORMAL, flow: '' };
