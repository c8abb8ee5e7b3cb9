/** Makes the pipes of all intercepted streams of a system. */
import type { OpenEventPipe } from './event-pipe.ts';
import { type EventPipeOptions, StreamPipe } from './stream-pipe.ts';

export function createEventPipes(options: EventPipeOptions): OpenEventPipe {
  return (stream, hooks) => new StreamPipe(stream, hooks, options);
}
