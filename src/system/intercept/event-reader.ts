/** What an event says of itself, read by `eventsource-parser`. */
import { createParser } from 'eventsource-parser';

export interface EventFields {
  /** It has data: clients hear of it. Without, it only sets the last id and the reconnection time. */
  readonly isEvent: boolean;
  /** `undefined` where it does not say; `''` takes the last id back. */
  readonly id: string | undefined;
  /** `message` where it does not say. */
  readonly type: string;
  /** Milliseconds. */
  readonly retry: number | undefined;
}

export class EventReader {
  #isEvent = false;
  #id: string | undefined;
  #type = 'message';
  #retry: number | undefined;
  readonly #parser = createParser({
    onId: (id) => {
      this.#id = id;
    },
    onRetry: (retry) => {
      this.#retry = Math.min(retry, Number.MAX_SAFE_INTEGER);
    },
    onEvent: ({ event }) => {
      this.#isEvent = true;
      this.#type = event ?? 'message';
    },
  });

  constructor() {
    // A blank line means nothing, and ends the parser's search for a byte order mark: the framer took that,
    // and the parser would also take three characters of text that look like one.
    this.#parser.feed('\n');
  }

  /** `block`: from after one blank line to the end of the next. */
  read(block: Buffer): EventFields {
    this.#isEvent = false;
    this.#id = undefined;
    this.#type = 'message';
    this.#retry = undefined;
    this.#parser.feed(block.toString('utf8'));
    return { isEvent: this.#isEvent, id: this.#id, type: this.#type, retry: this.#retry };
  }
}
