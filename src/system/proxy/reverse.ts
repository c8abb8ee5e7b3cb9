/**
 * Reverse proxy (the noted system's proxy paths): every request goes to one origin, past the interceptors and
 * the recorder, once it has its turn at `proxy.requests`. It reports `started` before its upstream call and
 * its end before its answer ends, and waits where the queue of events makes it wait.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { messageOf } from '../../core/errors.ts';
import type { Sized } from '../boundary.ts';
import { CLASS_NORMAL } from '../channel/entry.ts';
import { endToEndHeaders, withHeader, withoutHeaders } from '../http/headers.ts';
import { bodyOf } from '../http/request-check.ts';
import type { TerminationLog } from '../http/termination.ts';
import type { Destination, ResponseHead, UpstreamClient, UpstreamRequest } from '../http/upstream.ts';
import { Via } from '../http/via.ts';
import type { EventPipe, EventPipeHooks, OpenEventPipe } from '../intercept/event-pipe.ts';
import type { Interceptors, Verdict } from '../intercept/interceptors.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import { parseAbsolute } from './absolute-form.ts';
import { answer, refuse } from './answer.ts';
import { isReadableStream, OF_THE_BODY } from './answer-head.ts';
import { ClientGone } from './client-gone.ts';
import { Exchange, type ExchangeEnd, type ExchangeOptions, type Review } from './exchange.ts';
import type { UpgradedClient } from './proxy-server.ts';
import type { Recorder } from './recorder.ts';
import { type RequestQueue, Ticket, type Turn } from './request-queue.ts';
import type { RequestStory, Storyteller } from './story.ts';

export interface ReverseProxyOptions {
  readonly upstream: UpstreamClient;
  readonly requests: RequestQueue;
  readonly events: Storyteller;
  readonly interceptors: Interceptors;
  readonly openPipe: OpenEventPipe;
  readonly recorder: Recorder;
  readonly tasks: TaskRegistry;
  readonly terminations: TerminationLog;
  readonly hasPreviews: boolean;
  readonly finishBlocksResponse: boolean;
  /** What becomes of two sockets that have agreed on another protocol. */
  readonly join: (client: UpgradedClient, head: ResponseHead, upstream: Socket, first: Buffer) => void;
}

export class ReverseProxy {
  readonly via = new Via('reverse');
  readonly counts = { started: 0, finished: 0, failed: 0 };
  readonly #options: ReverseProxyOptions;
  #destination: Destination | undefined;
  #originHost = '';

  constructor(options: ReverseProxyOptions) {
    this.#options = options;
  }

  /** Where every request goes; before the first one. */
  set destination(destination: Destination) {
    this.#destination = destination;
    const { host, port } = destination;
    this.#originHost = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  /** `upgraded` for a request that asks for another protocol, whose connection is no longer HTTP's own. */
  async handle(request: IncomingMessage, response: ServerResponse, upgraded?: UpgradedClient): Promise<void> {
    const { tasks, events, terminations } = this.#options;
    const address = readTarget(request);
    if (typeof address === 'string') {
      terminations.of(request.socket).note('P', 'R');
      response.shouldKeepAlive = false;
      refuse(response, 400, address, this.via.field);
      return;
    }
    this.counts.started++;
    const task = tasks.begin('proxy.request', { tasks: 0 });
    const method = request.method ?? 'GET';
    const story = events.begin({
      kind: 'request',
      method,
      url: request.url ?? '/',
      rawHeaders: request.rawHeaders,
    });
    try {
      const end = await this.#play(request, response, address, story, upgraded);
      if (end === null) this.counts.failed++;
      else if (end.failure === null) this.counts.finished++;
      else this.counts.failed++;
    } catch (thrown) {
      this.counts.failed++;
      terminations.of(request.socket).note('I', response.headersSent ? 'D' : 'R');
      void story.fail(messageOf(thrown), 502);
      if (response.headersSent) response.destroy();
      else refuse(response, 502, `bad gateway: ${messageOf(thrown)}`, this.via.field);
    } finally {
      task.end();
    }
  }

  /** `null` for a request that was not let in. */
  async #play(
    request: IncomingMessage,
    response: ServerResponse,
    address: Address,
    story: RequestStory,
    upgraded: UpgradedClient | undefined,
  ): Promise<ExchangeEnd | null> {
    const { recorder, requests } = this.#options;
    await story.start();
    const gone = new ClientGone(request, response);
    const verdict = await this.#intercept(request, address, gone);
    await recorder.record({ at: 'request', method: request.method ?? 'GET', path: address.target });
    if (verdict?.kind === 'answer') return this.#answerInstead(response, story, verdict);
    const changes = verdict?.kind === 'modify' ? verdict : undefined;

    const ticket = new Ticket(describe(request));
    let leaving: AbortController | undefined;
    const entering = requests.enter(ticket, () => {
      leaving = new AbortController();
      return leaving.signal;
    });
    const turn = entering instanceof Promise ? await gone.during(ticket, leaving, entering) : entering;
    if (turn.verdict === 'refused') return this.#turnAway(request, response, story, turn);
    let failure: ExchangeEnd['failure'] | 'shutdown' = 'upstream';
    try {
      const end = await this.#exchange(request, response, address, story, gone, changes, upgraded).done;
      failure = end.failure !== null && requests.isClosed ? 'shutdown' : end.failure;
      return end;
    } finally {
      requests.leave(ticket, failure);
    }
  }

  #exchange(
    request: IncomingMessage,
    response: ServerResponse,
    address: Address,
    story: RequestStory,
    gone: ClientGone,
    verdict: Extract<Verdict, { kind: 'modify' }> | undefined,
    upgraded: UpgradedClient | undefined,
  ): Exchange {
    const { upstream, terminations, interceptors, openPipe, finishBlocksResponse, hasPreviews, join } =
      this.#options;
    const method = request.method ?? 'GET';
    const path = address.target;
    const body = verdict?.body;
    const isStreaming = interceptors.hasEventRules(path);
    return new Exchange({
      upstream,
      destination: this.#destination as Destination,
      outgoing: this.#outgoing(request, address, verdict, body, isStreaming, upgraded),
      request,
      ...(body === undefined ? {} : { body }),
      response,
      story,
      termination: terminations.of(request.socket),
      via: this.via.field,
      hasPreviews,
      finishBlocksResponse,
      ...this.#reviewOf(method, path, gone),
      ...(isStreaming
        ? { openPipe: (head, hooks) => this.#openPipe(openPipe, request, path, head, hooks) }
        : {}),
      ...(upgraded === undefined
        ? {}
        : { onUpgrade: (head, socket, first) => join(upgraded, head, socket, first) }),
    });
  }

  #outgoing(
    request: IncomingMessage,
    { target, host }: Address,
    verdict: Extract<Verdict, { kind: 'modify' }> | undefined,
    body: Buffer | undefined,
    isStreaming: boolean,
    upgraded: UpgradedClient | undefined,
  ): UpstreamRequest {
    let headers = endToEndHeaders(request.rawHeaders);
    if (host !== undefined)
      headers = withHeader(headers, 'Host', host); // the target wins (RFC 9112 §3.2.2)
    else if (request.headers.host === undefined) headers.push('Host', this.#originHost); // HTTP/1.0 may have none
    if (body !== undefined) headers = withoutHeaders(headers, OF_THE_BODY);
    if (verdict?.removeHeaders !== undefined) headers = withoutHeaders(headers, verdict.removeHeaders);
    for (const [name, value] of Object.entries(verdict?.setHeaders ?? {})) {
      headers = withHeader(headers, name, value);
    }
    // Compressed events could not be read on their way.
    if (isStreaming) headers = withoutHeaders(headers, ['accept-encoding']);
    headers.push('Via', this.via.field);
    return {
      method: request.method ?? 'GET',
      target,
      headers,
      body: body === undefined ? bodyOf(request) : body.length,
      ...(request.headers.expect === undefined ? {} : { expectsContinue: true }),
      ...(upgraded === undefined ? {} : { upgrade: 'websocket' }),
    };
  }

  #intercept(
    request: IncomingMessage,
    address: Address,
    gone: ClientGone,
  ): ReturnType<Interceptors['onRequest']> | undefined {
    const { interceptors } = this.#options;
    if (!interceptors.hasRules('request')) return undefined;
    const { method = 'GET', rawHeaders } = request;
    return interceptors.onRequest({ method, path: address.target, rawHeaders }, gone.signal());
  }

  /** What interceptors and the recorder make of an answer; nothing where there are none. */
  #reviewOf(method: string, path: string, gone: ClientGone): Pick<ExchangeOptions, 'review'> {
    const { interceptors, recorder } = this.#options;
    if (!interceptors.hasRules('response') && !recorder.isOn) return {};
    const signal = gone.signal();
    const review = async (head: ResponseHead): Promise<Review> => {
      const { status, headers: rawHeaders } = head;
      const verdict = await interceptors.onResponse({ method, path, status, rawHeaders }, signal);
      await recorder.record({ at: 'response', method, path, status });
      if (verdict.kind === 'answer') return verdict;
      if (verdict.kind === 'continue') return { kind: 'pass' };
      const { setHeaders, removeHeaders, body } = verdict;
      return { kind: 'pass', setHeaders, removeHeaders, ...(body === undefined ? {} : { body }) };
    };
    return { review };
  }

  #openPipe(
    open: OpenEventPipe,
    request: IncomingMessage,
    path: string,
    head: ResponseHead,
    hooks: EventPipeHooks,
  ): EventPipe | undefined {
    if (!isReadableStream(head)) return undefined;
    return open(
      {
        path,
        isServerInitiated: request.method === 'GET',
        lastEventId: String(request.headers['last-event-id'] ?? ''),
      },
      hooks,
    );
  }

  async #answerInstead(
    response: ServerResponse,
    story: RequestStory,
    verdict: Extract<Verdict, { kind: 'answer' }>,
  ): Promise<ExchangeEnd> {
    await story.finish(verdict.status);
    answer(response, verdict.status, [...verdict.headers, 'Via', this.via.field], verdict.body);
    return { failure: null, message: '', status: verdict.status };
  }

  /** 429 for who sends too fast, else 503 (RFC 9110 §15.6.4, RFC 6585 §4). */
  async #turnAway(
    request: IncomingMessage,
    response: ServerResponse,
    story: RequestStory,
    turn: Extract<Turn, { verdict: 'refused' }>,
  ): Promise<null> {
    const isGone = turn.reason === 'disconnect.peer' || response.destroyed;
    this.#options.terminations.of(request.socket).note(isGone ? 'C' : 'P', 'Q');
    const status = turn.reason === 'admission.rate' ? 429 : 503;
    await story.fail(turn.reason, status);
    const headers = [
      'Content-Type',
      'text/plain',
      'Retry-After',
      String(turn.retryAfterSec),
      'Via',
      this.via.field,
    ];
    if (isGone) response.destroy();
    else answer(response, status, headers, Buffer.from(`not let in (${turn.reason}), try again later\n`));
    return null;
  }
}

/** Where a request goes, as it says: `host` where its target is a whole URL. */
interface Address {
  readonly target: string;
  readonly host?: string;
}

function readTarget({ url = '/', method = 'GET' }: IncomingMessage): Address | string {
  return url.startsWith('/') || url === '*' ? { target: url } : parseAbsolute(url, method);
}

/** Bytes of a request beside its header fields: socket, parser, closures. Its body streams, and never waits here. */
const FIXED_REQUEST_BYTES = 2048;

/** What a strategy may go by. Class: the urgency of `Priority: u=0..7` (RFC 9218), whose default is 3; here 1. */
function describe(request: IncomingMessage): Sized {
  const urgency = /(?:^|[\s,])u=([0-7])/.exec(String(request.headers['priority'] ?? ''))?.[1];
  let bytes = FIXED_REQUEST_BYTES;
  for (const part of request.rawHeaders) bytes += part.length;
  return {
    bytes,
    class: urgency === undefined ? CLASS_NORMAL : Number(urgency),
    key: `${request.method} ${request.url}`,
    flow: `${request.socket.remoteAddress}:${request.socket.remotePort}`,
  };
}
