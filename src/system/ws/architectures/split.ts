/** A reader and a writer: the reader awaits each handler, the writer each write, and neither waits for the other. */
import { OwnState, type StateHolder } from '../connection-state.ts';
import type { InboundFrame } from '../inbound-frames.ts';
import { type Architecture, type ArchitectureParts, handle, type Sources } from './architecture.ts';
import { Loop } from './loop.ts';

export class Split implements Architecture {
  readonly state: StateHolder = new OwnState();
  readonly sender: string;
  readonly writer: string;
  readonly #reader: string;
  protected readonly parts: ArchitectureParts;
  #reading: Loop | undefined;
  #sources: Sources | undefined;
  #endTasks: (() => void)[] = [];
  #isStopped = false;

  constructor(parts: ArchitectureParts, names: { readonly sender?: string } = {}) {
    const { name } = parts.line;
    this.parts = parts;
    this.#reader = `${name} reader`;
    this.writer = `${name} writer`;
    this.sender = names.sender ?? this.#reader;
  }

  protected get reader(): string {
    return this.#reader;
  }

  get process(): Architecture['process'] {
    return this.parts.work.runOutbound;
  }

  start(sources: Sources): void {
    const { inbound } = sources;
    this.#sources = sources;
    this.#endTasks = ['ws.reader', 'ws.writer'].map((kind) => this.parts.line.beginTask(kind));
    const read = () => {
      const frame = inbound.take();
      return frame === undefined ? undefined : (this.read(frame) ?? true);
    };
    this.#reading = new Loop([read], 'biased', () => inbound.readOn());
  }

  protected read(frame: InboundFrame): void | Promise<void> {
    return handle(frame, this.parts);
  }

  onInbound(): void {
    this.#reading?.wake();
  }

  readonly onOutbound = (): void => {
    if (!this.#isStopped) this.#sources?.outbound.writeNext(this.onOutbound);
  };

  async whenRead(): Promise<void> {
    await this.#reading?.whenIdle();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([this.#reading?.stop(), this.#sources?.outbound.whenIdle()]);
    for (const end of this.#endTasks) end();
  }
}
