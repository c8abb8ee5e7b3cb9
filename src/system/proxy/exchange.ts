/**
 * One request and its answer on their way through a proxy. Bodies stream both ways with the sockets' own
 * backpressure; the proxy holds at most what one side has sent and the other has not taken yet.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { messageOf } from '../../core/errors.ts';
import { endToEndHeaders, findHeader, withHeader, withoutHeaders } from '../http/headers.ts';
import type { Termination } from '../http/termination.ts';
import type {
  Destination,
  ResponseHead,
  UpstreamClient,
  UpstreamError,
  UpstreamExchange,
  UpstreamHandler,
  UpstreamRequest,
} from '../http/upstream.ts';
import type { EventPipe, EventPipeHooks } from '../intercept/event-pipe.ts';
import { afterTelling } from './after-telling.ts';
import { answer } from './answer.ts';
import { brokenOff, composeHeaders, isEventStream, OF_THE_BODY, plainTypeOf } from './answer-head.ts';
import { askAgain } from './ask-again.ts';
import { writeInformation } from './information.ts';
import type { Preview, RequestStory } from './story.ts';
import { reset } from './tunnel.ts';

/**
 * An answer up to this size leaves together with its end, so a wait before the end holds all of it
 * back, as in the noted system, whose server flushes when the handler returns.
 */
const HELD_BACK_BYTES = 4096;

/** What interceptors make of the head of an answer. */
export type Review =
  | {
      readonly kind: 'pass';
      readonly setHeaders?: Readonly<Record<string, string>>;
      readonly removeHeaders?: readonly string[];
      /** Stands for the whole body. */
      readonly body?: Buffer;
    }
  /** Instead of it. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: readonly string[];
      readonly body: Buffer;
    };

export interface ExchangeOptions {
  readonly upstream: UpstreamClient;
  readonly destination: Destination;
  readonly outgoing: UpstreamRequest;
  /** Where the body of the request comes from, unless `body` stands for it. */
  readonly request: IncomingMessage;
  readonly body?: Buffer;
  readonly response: ServerResponse;
  readonly story: RequestStory;
  readonly termination: Termination;
  readonly via: string;
  /** Whether events show the beginnings of bodies. */
  readonly hasPreviews: boolean;
  /** As found: the answer does not end before its end has been told. */
  readonly finishBlocksResponse: boolean;
  readonly review?: (head: ResponseHead) => Review | Promise<Review>;
  /** The pipe for an answer that is a stream of events to be intercepted. */
  readonly openPipe?: (head: ResponseHead, hooks: EventPipeHooks) => EventPipe | undefined;
  /** The request was for another protocol, and the upstream speaks it: both sockets are the callee's. */
  readonly onUpgrade?: (head: ResponseHead, upstream: Socket, first: Buffer) => void;
}

/** How it went. `failure` is the reason of the ledger; `status` that of the upstream, or what the client was told. */
export interface ExchangeEnd {
  readonly failure: null | 'upstream' | 'disconnect.peer';
  readonly message: string;
  readonly status: number | null;
}

const NO_TRAILERS: readonly string[] = [];

export class Exchange implements UpstreamHandler {
  /** Resolves when both sides are done with it; never rejects. */
  readonly done: Promise<ExchangeEnd>;
  readonly #options: ExchangeOptions;
  #resolve: (end: ExchangeEnd) => void = () => {};
  #upstream!: UpstreamExchange;
  #head: ResponseHead | undefined;
  #headers: readonly string[] = [];
  /** Bytes of the answer that wait for its review, or for its end. */
  #held: Buffer[] | undefined;
  #isReviewing = false;
  #isReplaced = false;
  #isReading = true;
  #hasBytes = false;
  #pipe: EventPipe | undefined;
  #requestPreview: Preview | undefined;
  #responsePreview: Preview | undefined;
  #trailers: readonly string[] | undefined;
  #hasToldEnd = false;
  #isTelling = false;
  #failure: ExchangeEnd | undefined;
  #isOver = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const { response } = options;
    if (response.destroyed) {
      this.#leave();
      return;
    }
    response.once('close', () => this.#onClose());
    this.#upstream = options.upstream.begin(options.destination, options.outgoing, this);
    this.#sendBody();
  }

  onInformation(head: ResponseHead): void {
    const { response, request, outgoing } = this.#options;
    if (request.httpVersion === '1.0') return; // knows of none
    if (head.status !== 100) writeInformation(response, head);
    else if (outgoing.expectsContinue === true && !response.headersSent) response.writeContinue();
  }

  onHead(head: ResponseHead): void {
    this.#head = head;
    const { review } = this.#options;
    if (review === undefined) {
      this.#beginAnswer();
      return;
    }
    const result = review(head);
    if (!(result instanceof Promise)) {
      this.#apply(result);
      return;
    }
    this.#isReviewing = true;
    this.#held = [];
    result.then(
      (decided) => {
        if (this.#isOver || this.#failure !== undefined) return;
        this.#isReviewing = false;
        this.#apply(decided);
      },
      (thrown) => {
        this.#upstream.abort();
        this.#fail(messageOf(thrown), 502);
      },
    );
  }

  onData(bytes: Buffer): boolean {
    this.#responsePreview?.add(bytes);
    if (this.#isReplaced) return true;
    if (this.#pipe !== undefined) {
      this.#pipe.chunk(bytes);
      return this.#isReading;
    }
    if (this.#held !== undefined) {
      this.#held.push(bytes);
      return !this.#isReviewing;
    }
    return this.#write(bytes);
  }

  onEnd(trailers: readonly string[]): void {
    this.#trailers = trailers;
    this.#letBodyGo();
    if (this.#isReviewing) return;
    if (this.#pipe !== undefined) this.#pipe.upstreamEnded(brokenOff(this.#head));
    else this.#finish();
  }

  onError(error: UpstreamError): void {
    if (this.#pipe !== undefined) {
      this.#pipe.upstreamEnded(error); // which may go on with another connection
      return;
    }
    const isLate = error.fault === 'connect-timeout' || error.fault === 'head-timeout';
    this.#options.termination.note(isLate ? 's' : 'S', error.phase);
    this.#fail(error.message, error.status);
  }

  onUpgrade(head: ResponseHead, socket: Socket, first: Buffer): void {
    const { story, onUpgrade } = this.#options;
    this.#isOver = true;
    onUpgrade?.(head, socket, first);
    afterTelling(
      () => story.finish(head.status),
      () => this.#resolve({ failure: null, message: '', status: head.status }),
    );
  }

  onDrain(): void {
    this.#options.request.resume();
  }

  #sendBody(): void {
    const { outgoing, request, body, story, hasPreviews } = this.#options;
    const upstream = this.#upstream;
    if (outgoing.body === 'none') {
      upstream.end();
      return;
    }
    if (body !== undefined) {
      upstream.write(body);
      upstream.end();
      return;
    }
    if (hasPreviews) this.#requestPreview = story.requestBody(plainTypeOf(request.rawHeaders));
    request.on('data', (bytes: Buffer) => {
      this.#requestPreview?.add(bytes);
      if (!upstream.write(bytes) && !this.#isOver) request.pause();
    });
    request.once('end', () => upstream.end(request.rawTrailers));
    // What breaks a request off closes its answer too, and that is where it is seen.
    request.on('error', () => {});
  }

  #apply(review: Review): void {
    if (review.kind === 'answer') {
      this.#upstream.abort();
      this.#held = undefined;
      this.#isReplaced = true;
      this.#answerInstead(review.status, review.headers, review.body);
      return;
    }
    this.#beginAnswer(review);
  }

  #beginAnswer(review?: Extract<Review, { kind: 'pass' }>): void {
    const { request, outgoing, via, story, openPipe, finishBlocksResponse, hasPreviews } = this.#options;
    const head = this.#head as ResponseHead;
    const early = this.#held ?? [];
    this.#held = undefined;
    const { framing } = head;
    const headers = composeHeaders(head, request.httpVersion, outgoing.method, via, review);
    this.#headers = headers;
    if (hasPreviews) this.#responsePreview = story.responseBody(plainTypeOf(head.headers));
    this.#endWhereBodyIsOpen();
    if (review?.body !== undefined && framing !== 'none') {
      this.#isReplaced = true;
      this.#headers = withHeader(
        withoutHeaders(headers, OF_THE_BODY),
        'Content-Length',
        String(review.body.length),
      );
      this.#held = [review.body];
      if (this.#trailers === undefined) this.#upstream.abort(); // which may have no end
      this.#finish();
    } else {
      this.#pipe = openPipe?.(head, this.#pipeHooks());
      if (this.#pipe !== undefined) this.#headers = withoutHeaders(headers, ['content-length']);
      else if (finishBlocksResponse && typeof framing === 'number' && framing <= HELD_BACK_BYTES)
        this.#held = [];
      if (this.#held === undefined) {
        if (!this.#writeHead()) return;
        this.#showHead(early.length > 0 && this.#pipe === undefined);
      }
      for (const bytes of early) this.onData(bytes);
      if (early.length > 0 && this.#trailers === undefined && this.#isReading) this.#upstream.resume();
    }
    if (this.#trailers !== undefined && !this.#isReplaced) this.onEnd(this.#trailers);
  }

  /** False when Node refuses the head; the client has been told. */
  #writeHead(): boolean {
    const { response } = this.#options;
    const { status, reason } = this.#head as ResponseHead;
    try {
      response.writeHead(status, reason, this.#headers as string[]);
      return true;
    } catch (thrown) {
      this.#upstream.abort();
      this.#fail(messageOf(thrown), 502);
      return false;
    }
  }

  /**
   * Where no byte of the body follows at once, the head goes alone: a stream that is quiet is still seen to be open.
   * Who has left it closes its side, and nothing else would show that before the next event.
   */
  #showHead(hasBytes: boolean): void {
    const { response } = this.#options;
    const head = this.#head as ResponseHead;
    if (isEventStream(head)) {
      const leave = (): void => void response.destroy();
      const { socket } = response;
      if (socket?.readableEnded === true) leave();
      socket?.once('end', leave);
      response.once('close', () => socket?.off('end', leave));
    }
    if (hasBytes || head.framing === 'none' || head.framing === 0) return;
    process.nextTick(() => {
      if (!this.#hasBytes && !this.#isOver && this.#trailers === undefined) response.flushHeaders();
    });
  }

  #write(bytes: Buffer): boolean {
    this.#hasBytes = true;
    if (this.#options.response.write(bytes)) return true;
    this.#isReading = false;
    this.#options.response.once('drain', () => {
      this.#isReading = true;
      this.#upstream.resume();
    });
    return false;
  }

  #pipeHooks(): EventPipeHooks {
    const { response } = this.#options;
    return {
      write: (bytes) => {
        if (response.write(bytes)) return true;
        response.once('drain', () => this.#pipe?.clientDrained());
        return false;
      },
      setReading: (isReading) => {
        const wasReading = this.#isReading;
        this.#isReading = isReading;
        if (isReading && !wasReading) this.#upstream.resume();
      },
      reconnect: (lastEventId) => {
        this.#isReading = true;
        const pipe = this.#pipe as EventPipe;
        this.#upstream = askAgain(this.#options, lastEventId, pipe, (bytes) => this.onData(bytes));
      },
      onEnd: () => this.#finish(),
      onFail: (code, message) => {
        this.#options.termination.note(code === 'upstream' ? 'S' : 'P', 'D');
        this.#upstream.abort();
        this.#fail(message, 502);
      },
    };
  }

  #finish(): void {
    const { story, finishBlocksResponse } = this.#options;
    if (this.#isOver) return;
    this.#hasToldEnd = true; // a client that leaves from now on changes nothing of its story
    if (!finishBlocksResponse) this.#endAnswer();
    const { status } = this.#head as ResponseHead;
    this.#isTelling = true;
    afterTelling(
      () => story.finish(status),
      () => {
        this.#isTelling = false;
        if (finishBlocksResponse) this.#endAnswer();
        else this.#settle();
      },
    );
  }

  #endAnswer(): void {
    const { response } = this.#options;
    if (this.#isOver) return;
    if (this.#held !== undefined) {
      if (!this.#writeHead()) return;
      const bytes = joined(this.#held);
      // As text a short answer leaves in one piece with its head, which spares the kernel a gathering write.
      if (bytes.length <= HELD_BACK_BYTES) response.end(bytes.toString('latin1'), 'latin1');
      else response.end(bytes);
      return;
    }
    const trailers = endToEndHeaders(this.#trailers ?? NO_TRAILERS);
    if (trailers.length > 0 && response.chunkedEncoding) response.addTrailers(pairs(trailers));
    response.end();
  }

  /** The answer is another than the upstream's: one of an interceptor. */
  #answerInstead(status: number, headers: readonly string[], body: Buffer): void {
    const { story, response, via } = this.#options;
    this.#hasToldEnd = true;
    this.#endWhereBodyIsOpen();
    this.#letBodyGo();
    afterTelling(
      () => story.finish(status),
      () => {
        if (!this.#isOver) answer(response, status, [...headers, 'Via', via], body);
      },
    );
  }

  /** The upstream's part has failed: says so while nothing of the answer has left, else cuts it off where all can see. */
  #fail(message: string, status: 502 | 504): void {
    const { story, response, via } = this.#options;
    if (this.#isOver || this.#failure !== undefined) return;
    this.#failure = { failure: 'upstream', message, status };
    this.#held = undefined;
    this.#endWhereBodyIsOpen();
    this.#letBodyGo();
    const tell = (): void => {
      if (this.#isOver) return;
      if (response.headersSent) this.#cutOff();
      else {
        const text = `${status === 504 ? 'gateway timeout' : 'bad gateway'}: ${message}\n`;
        answer(response, status, ['Content-Type', 'text/plain', 'Via', via], Buffer.from(text));
      }
    };
    const hadTold = this.#hasToldEnd;
    this.#hasToldEnd = true;
    afterTelling(() => (hadTold ? undefined : story.fail(message, status)), tell);
  }

  /** Whoever answers before the request is complete does not want the rest of it: nothing may follow on the connection. */
  #endWhereBodyIsOpen(): void {
    const { request, response, outgoing } = this.#options;
    if (!request.complete && outgoing.body !== 'none') response.shouldKeepAlive = false;
  }

  /** Nobody takes the rest of the request's body any more; read all the same, it does not stand in the way. */
  #letBodyGo(): void {
    const { request, outgoing } = this.#options;
    if (outgoing.body !== 'none' && !request.complete) request.resume();
  }

  /** Where the end of the connection is the end of the answer, only a reset tells that there was more. */
  #cutOff(): void {
    const { response } = this.#options;
    const { socket } = response;
    const isDelimited = response.chunkedEncoding || findHeader(this.#headers, 'content-length') !== undefined;
    if (socket === null) response.destroy();
    else if (isDelimited)
      socket.destroySoon(); // what has been written is the client's
    else reset(socket);
  }

  /** The answer is over, or the client has left it. */
  #onClose(): void {
    if (this.#isOver) return;
    const { response } = this.#options;
    if (this.#failure !== undefined || (response.writableFinished && this.#hasToldEnd)) {
      this.#isOver = true;
      this.#settle();
      return;
    }
    this.#upstream.abort();
    this.#pipe?.stop('disconnect.peer');
    this.#leave();
  }

  /** Both the answer and what is told of it are through. */
  #settle(): void {
    if (!this.#isOver || this.#isTelling) return;
    const { statusCode: status } = this.#options.response;
    this.#resolve(this.#failure ?? { failure: null, message: '', status });
  }

  #leave(): void {
    const { story, termination } = this.#options;
    this.#isOver = true;
    termination.note('C', this.#head === undefined ? 'H' : this.#hasToldEnd ? 'L' : 'D');
    const message = 'the client went away';
    const end: ExchangeEnd = { failure: 'disconnect.peer', message, status: null };
    if (this.#isTelling) {
      this.#failure = end;
      return; // settled once its end has been told
    }
    afterTelling(
      () => (this.#hasToldEnd ? undefined : story.fail(message)),
      () => this.#resolve(end),
    );
  }
}

function pairs(raw: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let i = 0; i < raw.length; i += 2) list.push([raw[i] as string, raw[i + 1] as string]);
  return list;
}

function joined(parts: readonly Buffer[]): Buffer {
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}
