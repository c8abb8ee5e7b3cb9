/**
 * Reads an event stream as the HTML standard has it (9.2.5, 9.2.6), byte by byte and not one step otherwise. An oracle
 * of the tests: it shares nothing with the readers and writers that it judges.
 */

export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  /** The last event id as it stands when the event is dispatched. */
  readonly id: string;
}

export class StrictSseReader {
  readonly events: StreamEvent[] = [];
  readonly comments: string[] = [];
  lastEventId = '';
  retryMs: number | null = null;
  #line: number[] = [];
  #isAfterCr = false;
  #isFirstLine = true;
  #data: string[] = [];
  #hasData = false;
  #type = '';

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#isAfterCr && byte === 0x0a) {
        this.#isAfterCr = false;
        continue;
      }
      this.#isAfterCr = byte === 0x0d;
      if (byte === 0x0a || byte === 0x0d) this.#endLine();
      else this.#line.push(byte);
    }
  }

  /** Bytes of a line, or fields of an event, that nothing has ended yet. */
  get hasRest(): boolean {
    return this.#line.length > 0 || this.#hasData || this.#type !== '';
  }

  #endLine(): void {
    let text = Buffer.from(this.#line).toString('utf8');
    this.#line = [];
    if (this.#isFirstLine && text.startsWith('\ufeff')) text = text.slice(1);
    this.#isFirstLine = false;
    if (text === '') return this.#dispatch();
    const colon = text.indexOf(':');
    if (colon === 0) {
      this.comments.push(text.slice(1));
      return;
    }
    const name = colon < 0 ? text : text.slice(0, colon);
    const rest = colon < 0 ? '' : text.slice(colon + 1);
    this.#takeField(name, rest.startsWith(' ') ? rest.slice(1) : rest);
  }

  #takeField(name: string, value: string): void {
    if (name === 'event') this.#type = value;
    else if (name === 'data') {
      this.#data.push(value);
      this.#hasData = true;
    } else if (name === 'id' && !value.includes('\0')) this.lastEventId = value;
    else if (name === 'retry' && /^\d+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch(): void {
    if (this.#hasData) {
      this.events.push({ type: this.#type || 'message', data: this.#data.join('\n'), id: this.lastEventId });
    }
    this.#data = [];
    this.#hasData = false;
    this.#type = '';
  }
}
