/**
 * Reverse proxy with a keep-alive pool to the origin. Bodies stream both ways with the sockets' own
 * backpressure. Each request reports `started` before its upstream call and its end before its answer
 * ends, and waits where the queue of events makes it wait.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';
import { type Clock, NS_PER_MS } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import type { EventSink } from './event-sink.ts';
import { endToEndHeaders } from './headers.ts';
import { createLifecycleEvent } from './lifecycle-event.ts';

/**
 * An answer up to this size leaves together with its end, so a wait before the end holds all of it
 * back, as in the noted system, whose server flushes when the handler returns.
 */
const HELD_BACK_BYTES = 4096;

const VIA = '1.1 bpbench';

export interface ReverseProxyOptions {
  readonly originUrl: string;
  readonly connections: number;
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
    const { events, tasks, clock } = this.#options;
    const task = tasks.begin('proxy.request', { tasks: 0 });
    const facts = { id: ++this.counts.started, method: request.method ?? 'GET', url: request.url ?? '/' };
    const startedNs = clock.nowNs();
    try {
      await events.emit(createLifecycleEvent('started', facts));
      const status = await this.#forward(request, response, async (status) => {
        const durationMs = (clock.nowNs() - startedNs) / NS_PER_MS;
        await events.emit(createLifecycleEvent('finished', facts, { status, durationMs }));
      });
      if (status !== undefined) this.counts.finished++;
    } catch (thrown) {
      this.counts.failed++;
      await events.emit(createLifecycleEvent('failed', facts, { reason: messageOf(thrown) }));
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(502, { 'content-type': 'text/plain', via: VIA })
          .end(`bad gateway: ${messageOf(thrown)}\n`);
    } finally {
      task.end();
    }
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

function toRawHeaders(headers: Record<string, string | string[] | undefined>): string[] {
  const raw: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) raw.push(name, one);
  }
  return raw;
}
