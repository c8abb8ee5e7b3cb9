/**
 * Reverse proxy with a keep-alive pool to the origin. Bodies stream both ways with the sockets' own
 * backpressure. Each request reports `started` before its upstream call and its end before its answer
 * ends, and waits where the queue of events makes it wait.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { Sized } from '../boundary.ts';
import { CLASS_NORMAL } from '../channel/entry.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import type { EventSink } from './event-sink.ts';
import { endToEndHeaders } from './headers.ts';
import { createLifecycleEvent, type LifecycleEvent } from './lifecycle-event.ts';
import { type RequestQueue, Ticket, type Turn } from './request-queue.ts';

/**
 * An answer up to this size leaves together with its end, so a wait before the end holds all of it
 * back, as in the noted system, whose server flushes when the handler returns.
 */
const HELD_BACK_BYTES = 4096;

const VIA = '1.1 bpbench';

export interface ReverseProxyOptions {
  readonly originUrl: string;
  readonly connections: number;
  readonly requests: RequestQueue;
  readonly events: EventSink;
  readonly tasks: TaskRegistry;
  readonly clock: Clock;
}

export class ReverseProxy {
  readonly #options: ReverseProxyOptions;
  readonly #pool: Pool;
  readonly counts = { started: 0, finished: 0, failed: 0 };

  constructor(options: ReverseProxyOptions) {
    this.#options = options;
    this.#pool = new Pool(options.originUrl, { connections: options.connections, pipelining: 1 });
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { events, requests, tasks, clock } = this.#options;
    let isForwarded = false;
    let hasToldEnd = false;
    const task = tasks.begin('proxy.request', { tasks: 0 });
    const facts = { id: ++this.counts.started, method: request.method ?? 'GET', url: request.url ?? '/' };
    const startedNs = clock.nowNs();
    const ticket = new Ticket(describe(request));
    let failure: string | null = null;
    try {
      await events.emit(createLifecycleEvent('started', facts));
      const turn = await this.#waitForTurn(ticket, response);
      if (turn.verdict === 'refused') {
        this.counts.failed++;
        await events.emit(this.#endOf('failed', facts, { reason: turn.reason }));
        refuse(response, turn.reason, turn.retryAfterSec);
        return;
      }
      isForwarded = true;
      const status = await this.#forward(request, response, async (status) => {
        const durationMs = (clock.nowNs() - startedNs) / NS_PER_MS;
        hasToldEnd = true; // a client that leaves from now on changes nothing of its story
        await events.emit(this.#endOf('finished', facts, { status, durationMs }));
      });
      if (status !== undefined) this.counts.finished++;
    } catch (thrown) {
      failure = requests.isClosed ? 'shutdown' : response.destroyed ? 'disconnect.peer' : 'upstream';
      this.counts.failed++;
      if (!hasToldEnd) await events.emit(this.#endOf('failed', facts, { reason: messageOf(thrown) }));
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(502, { 'content-type': 'text/plain', via: VIA })
          .end(`bad gateway: ${messageOf(thrown)}\n`);
    } finally {
      if (isForwarded) requests.leave(ticket, failure);
      task.end();
    }
  }

  async #waitForTurn(ticket: Ticket, response: ServerResponse): Promise<Turn> {
    const gone = new AbortController();
    const onClose = (): void => {
      ticket.isGone = true;
      gone.abort();
    };
    if (response.destroyed) onClose();
    response.once('close', onClose);
    const turn = await this.#options.requests.enter(ticket, gone.signal);
    response.off('close', onClose);
    return turn;
  }

  /** The event that ends a request's story; it tells all of it where nobody will see the start. */
  #endOf(
    type: 'finished' | 'failed',
    request: { id: number; method: string; url: string },
    outcome: { status?: number; reason?: string; durationMs?: number },
  ): LifecycleEvent {
    return createLifecycleEvent(type, request, outcome, this.#options.events.isStartLost(request.id));
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  /** Resolves with the status once the answer has been handed over; rejects when either side breaks off. */
  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    beforeEnd: (status: number) => Promise<void>,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      let status = 0;
      let isHeldBack = false;
      const hasBody =
        request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
      let controller: Dispatcher.DispatchController | undefined;
      const onClientGone = (): void => {
        if (response.writableFinished) return;
        const gone = new Error('the client went away');
        reject(gone);
        controller?.abort(gone);
      };
      if (response.destroyed) {
        onClientGone();
        return;
      }
      response.once('close', onClientGone);
      this.#pool.dispatch(
        {
          method: (request.method ?? 'GET') as Dispatcher.HttpMethod,
          path: request.url ?? '/',
          headers: [...endToEndHeaders(request.rawHeaders), 'via', VIA],
          body: hasBody ? request : null,
        },
        {
          onRequestStart(started) {
            controller = started;
          },
          onResponseStart(_, statusCode, headers, statusMessage) {
            if (statusCode < 200) return;
            status = statusCode;
            const kept = endToEndHeaders(toRawHeaders(headers));
            kept.push('via', VIA);
            const length = Number(headers['content-length'] ?? Number.NaN);
            isHeldBack = length <= HELD_BACK_BYTES;
            if (isHeldBack) response.cork();
            response.writeHead(statusCode, statusMessage ?? '', kept);
          },
          onResponseData(active, chunk) {
            const hasRoom = response.write(chunk);
            if (hasRoom || isHeldBack) return; // what is held back is small, and never drains before its end
            active.pause();
            response.once('drain', () => active.resume());
          },
          onResponseEnd() {
            beforeEnd(status).then(() => {
              response.end(() => resolve(status));
              if (isHeldBack) response.uncork();
            }, reject);
          },
          onResponseError(_, error) {
            reject(error);
          },
        },
      );
    });
  }
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

/** 429 for who sends too fast, else 503 (RFC 9110 §15.6.4, RFC 6585 §4). */
function refuse(response: ServerResponse, reason: string, retryAfterSec: number): void {
  const status = reason === 'admission.rate' ? 429 : 503;
  response
    .writeHead(status, { 'content-type': 'text/plain', 'retry-after': String(retryAfterSec), via: VIA })
    .end(`not let in (${reason}), try again later\n`);
}

function toRawHeaders(headers: Record<string, string | string[] | undefined>): string[] {
  const raw: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) raw.push(name, one);
  }
  return raw;
}
