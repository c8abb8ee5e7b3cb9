/** Asks again for a stream of events that has broken off, from where its client has it. */
import { withHeader, withoutHeaders } from '../http/headers.ts';
import type {
  Destination,
  ResponseHead,
  UpstreamClient,
  UpstreamExchange,
  UpstreamRequest,
} from '../http/upstream.ts';
import type { EventPipe } from '../intercept/event-pipe.ts';
import { brokenOff, isReadableStream } from './answer-head.ts';

export interface AskedStream {
  readonly upstream: UpstreamClient;
  readonly destination: Destination;
  /** What was asked at first. */
  readonly outgoing: UpstreamRequest;
}

/** `lastEventId` is that of the last event which the client has or will have; `''` for none. */
export function askAgain(
  { upstream, destination, outgoing }: AskedStream,
  lastEventId: string,
  pipe: EventPipe,
  onData: (bytes: Buffer) => boolean,
): UpstreamExchange {
  const headers =
    lastEventId === ''
      ? withoutHeaders(outgoing.headers, ['last-event-id'])
      : withHeader(outgoing.headers, 'Last-Event-ID', lastEventId);
  let again: ResponseHead | undefined;
  const exchange = upstream.begin(
    destination,
    { ...outgoing, headers, body: 'none' },
    {
      onInformation: () => {},
      onHead(head) {
        again = head;
        if (isReadableStream(head)) return;
        exchange.abort();
        // 204 is how a server says that there will be no more (HTML standard).
        pipe.upstreamEnded(
          head.status === 204
            ? undefined
            : new Error(`the upstream answered ${head.status} to the reconnect`),
        );
      },
      onData,
      onEnd: () => pipe.upstreamEnded(brokenOff(again)),
      onError: (error) => pipe.upstreamEnded(error),
      onUpgrade: (_, socket) => socket.destroy(),
      onDrain: () => {},
    },
  );
  exchange.end();
  return exchange;
}
