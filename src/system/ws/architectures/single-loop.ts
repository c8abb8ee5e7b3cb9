/**
 * As found: one task per connection. It awaits each handler and each write in its body and does nothing else of the
 * connection meanwhile, so a handler that waits for room in the outbound queue waits for itself.
 */
import { OwnState } from '../connection-state.ts';
import { type Architecture, type ArchitectureParts, handle, type Sources } from './architecture.ts';
import { Loop, type Source } from './loop.ts';

export class SingleLoop implements Architecture {
  readonly state = new OwnState();
  readonly sender: string;
  readonly writer: string;
  readonly process: Architecture['process'];
  readonly #parts: ArchitectureParts;
  #loop: Loop | undefined;
  #endTask: (() => void) | undefined;

  constructor(parts: ArchitectureParts) {
    const { line, work } = parts;
    this.#parts = parts;
    this.sender = this.writer = `${line.name} loop`;
    this.process = work.runOutbound;
  }

  start({ inbound, outbound }: Sources): void {
    const { line } = this.#parts;
    this.#endTask = line.beginTask('ws.loop');
    const read: Source = () => {
      const frame = inbound.take();
      return frame === undefined ? undefined : (handle(frame, this.#parts) ?? true);
    };
    this.#loop = new Loop([writeFrom(outbound), read], line.settings.select, () => inbound.readOn());
  }

  onInbound(): void {
    this.#loop?.wake();
  }

  onOutbound(): void {
    this.#loop?.wake();
  }

  async whenRead(): Promise<void> {
    await this.#loop?.whenIdle();
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
    this.#endTask?.();
  }
}

/** Writing as a source: it is done once the kernel has what was written. */
export function writeFrom(outbound: Sources['outbound']): Source {
  return () => {
    let written: Promise<void> | undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    if (outbound.writeNext(resolve)) written = promise;
    return written;
  };
}
