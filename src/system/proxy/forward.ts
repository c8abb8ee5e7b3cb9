/**
 * Forward proxy (the noted system): requests in absolute form, and what is inside intercepted tunnels. CONNECT
 * itself is `connect.ts`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { DestinationGuard } from '../http/destination.ts';
import { endToEndHeaders, withHeader } from '../http/headers.ts';
import { bodyOf } from '../http/request-check.ts';
import type { TerminationLog } from '../http/termination.ts';
import type { Destination, ResponseHead, UpstreamClient } from '../http/upstream.ts';
import { Via } from '../http/via.ts';
import type { TaskRegistry } from '../resources/task-registry.ts';
import { parseAbsolute } from './absolute-form.ts';
import { refuse } from './answer.ts';
import { Exchange, type ExchangeEnd } from './exchange.ts';
import type { UpgradedClient } from './proxy-server.ts';
import type { Storyteller } from './story.ts';

export interface ForwardProxyOptions {
  readonly upstream: UpstreamClient;
  readonly guard: DestinationGuard;
  readonly events: Storyteller;
  readonly tasks: TaskRegistry;
  readonly terminations: TerminationLog;
  readonly hasPreviews: boolean;
  readonly finishBlocksResponse: boolean;
  readonly join: (client: UpgradedClient, head: ResponseHead, upstream: Socket, first: Buffer) => void;
}

/** Where a request goes, in the words of its sender. */
interface Route {
  readonly destination: Destination;
  /** What the `Host` field says. */
  readonly host: string;
  /** As the observer is shown it. */
  readonly url: string;
  /** In origin form. */
  readonly target: string;
}

export class ForwardProxy {
  readonly via = new Via('forward');
  readonly #options: ForwardProxyOptions;

  constructor(options: ForwardProxyOptions) {
    this.#options = options;
  }

  /** A request on a connection of its own: its target is a whole URL. */
  async handle(request: IncomingMessage, response: ServerResponse, upgraded?: UpgradedClient): Promise<void> {
    const { events, guard, terminations } = this.#options;
    const termination = terminations.of(request.socket);
    const url = parseAbsolute(request.url ?? '', request.method ?? 'GET');
    if (typeof url === 'string') {
      termination.note('P', 'R');
      await events.warn(`${request.method} ${request.url}: ${url}`);
      response.shouldKeepAlive = false;
      refuse(response, 400, url, this.via.field);
      return;
    }
    const destination = await guard.resolve(url.hostname, url.port, false);
    if ('status' in destination) {
      termination.note(destination.code[0], destination.code[1]);
      await events.warn(`${request.method} ${request.url}: ${destination.reason}`);
      if (!request.complete) response.shouldKeepAlive = false;
      refuse(response, destination.status, destination.reason, this.via.field);
      return;
    }
    const route = { destination, host: url.host, url: request.url ?? '', target: url.target };
    await this.#play(request, response, route, upgraded);
  }

  /**
   * A request inside an intercepted tunnel, which goes where the tunnel goes. Resolves once its end has been
   * told: the next one of the tunnel begins after that, as in the noted system.
   */
  async handleInner(
    request: IncomingMessage,
    response: ServerResponse,
    tunnel: { readonly destination: Destination; readonly authority: string },
    upgraded?: UpgradedClient,
  ): Promise<ExchangeEnd | undefined> {
    const target = request.url ?? '/';
    if (!target.startsWith('/') && target !== '*') {
      this.#options.terminations.of(request.socket).note('P', 'R');
      response.shouldKeepAlive = false;
      refuse(response, 400, 'inside a tunnel the request target is a path', this.via.field);
      return undefined;
    }
    const { destination, authority } = tunnel;
    const host = destination.port === 443 ? authority.replace(/:443$/, '') : authority;
    const route = { destination, host, url: `https://${host}${target}`, target };
    return this.#play(request, response, route, upgraded);
  }

  async #play(
    request: IncomingMessage,
    response: ServerResponse,
    route: Route,
    upgraded: UpgradedClient | undefined,
  ): Promise<ExchangeEnd> {
    const { events, upstream, terminations, tasks, finishBlocksResponse, hasPreviews, join } = this.#options;
    const { rawHeaders, method = 'GET' } = request;
    const task = tasks.begin('proxy.request', { tasks: 0 });
    const story = events.begin({ kind: 'request', method, url: route.url, rawHeaders });
    try {
      await story.start();
      const headers = withHeader(endToEndHeaders(rawHeaders), 'Host', route.host);
      headers.push('Via', this.via.field);
      const exchange = new Exchange({
        upstream,
        destination: route.destination,
        outgoing: {
          method,
          target: route.target,
          headers,
          body: bodyOf(request),
          ...(request.headers.expect === undefined ? {} : { expectsContinue: true }),
          ...(upgraded === undefined ? {} : { upgrade: 'websocket' }),
        },
        request,
        response,
        story,
        termination: terminations.of(request.socket),
        via: this.via.field,
        hasPreviews,
        finishBlocksResponse,
        ...(upgraded === undefined
          ? {}
          : { onUpgrade: (head, socket, first) => join(upgraded, head, socket, first) }),
      });
      return await exchange.done;
    } finally {
      task.end();
    }
  }
}
