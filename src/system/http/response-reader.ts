/** The answers of one connection, step by step: any number of 1xx, the head, its body, the end. */
import { BodyDecoder } from './body-decoder.ts';
import { HeadScanner, IS_BAD, NEEDS_MORE } from './head-scanner.ts';
import { type ParsedHead, parseHead } from './response-head.ts';

/** More 1xx answers before the answer are refused. */
const MAX_INTERIM_HEADS = 2000;

/** 'information': a 1xx but not 101. 'switch': 101; the bytes from `at` on are another protocol's. */
export type ReadStep = 'more' | 'information' | 'head' | 'data' | 'end' | 'switch' | 'bad';

export class ResponseReader {
  /** Where the next byte to be read stands, after a step. */
  at = 0;
  /** After 'information', 'head' and 'switch'. */
  head: ParsedHead | undefined;
  /** After 'bad', for people. */
  problem = '';
  readonly #scanner = new HeadScanner();
  readonly #decoder = new BodyDecoder(this.#scanner);
  #isHeadRequest = false;
  #mayUpgrade = false;
  #isInBody = false;
  #interimHeads = 0;

  /** Expects the answer to a request: to HEAD, to one that asked for another protocol, or to any other. */
  start(isHeadRequest: boolean, mayUpgrade: boolean): void {
    this.#isHeadRequest = isHeadRequest;
    this.#mayUpgrade = mayUpgrade;
    this.#isInBody = false;
    this.#interimHeads = 0;
    this.head = undefined;
    this.#scanner.expectHead();
  }

  /** After 'data'. */
  get data(): Buffer {
    return this.#decoder.data as Buffer;
  }

  /** After 'end'. */
  get trailers(): readonly string[] {
    return this.#decoder.trailers;
  }

  /** Whether the answer is complete if the connection ends now. */
  get endsWithConnection(): boolean {
    return this.#isInBody && this.#decoder.endsWithConnection;
  }

  /** Whether the answer has come whole; its 'end' may not have been read. */
  get isComplete(): boolean {
    return this.#isInBody && this.#decoder.isDone;
  }

  /** The next step in `bytes`, from `at` on. 'more': all of them were read. */
  step(bytes: Buffer, at: number): ReadStep {
    if (!this.#isInBody) return this.#stepInHead(bytes, at);
    const step = this.#decoder.step(bytes, at);
    this.at = this.#decoder.at;
    if (step === 'bad') this.problem = this.#decoder.problem;
    return step;
  }

  #stepInHead(bytes: Buffer, at: number): ReadStep {
    if (at === bytes.length) return 'more';
    const end = this.#scanner.scan(bytes, at);
    if (end === NEEDS_MORE) return 'more';
    if (end === IS_BAD) return this.#refuse(this.#scanner.problem);
    this.at = end;
    const head = parseHead(this.#scanner, this.#isHeadRequest);
    if (typeof head === 'string') return this.#refuse(head);
    if (head.status === 101) {
      if (!this.#mayUpgrade) return this.#refuse('101 without a request for another protocol');
      this.head = head;
      return 'switch';
    }
    this.head = head;
    if (head.status < 200) {
      if (++this.#interimHeads > MAX_INTERIM_HEADS) return this.#refuse('too many 1xx answers');
      this.#scanner.expectHead();
      return 'information';
    }
    this.#isInBody = true;
    this.#decoder.start(head.framing);
    return 'head';
  }

  #refuse(problem: string): 'bad' {
    this.problem = problem;
    return 'bad';
  }
}
