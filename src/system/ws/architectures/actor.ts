/**
 * A reader and a writer that share their state through a third task. The thin actor keeps the state: the reader tells
 * it of changes and does not wait, the writer asks for a copy. The fat one runs both chains, and reader and writer
 * await each answer: an actor that waits for room in the outbound queue then waits for a writer that waits for it.
 */
import type { Boundary } from '../../boundary.ts';
import { type Change, type ConnectionState, createState, type StateHolder } from '../connection-state.ts';
import type { InboundFrame } from '../inbound-frames.ts';
import { Actor, type Command } from '../mailbox.ts';
import type { OutboundFrame } from '../outbound-frame.ts';
import { type Architecture, type ArchitectureParts, handle, type Sources } from './architecture.ts';
import { Split } from './split.ts';

abstract class ActorSplit extends Split {
  protected readonly actor: Actor;
  #endTask: (() => void) | undefined;

  constructor(
    parts: ArchitectureParts,
    mailbox: Boundary<Command>,
    names: { readonly sender?: string } = {},
  ) {
    super(parts, names);
    const { line } = parts;
    this.actor = new Actor(mailbox, line.name, line.waits);
  }

  override start(sources: Sources): void {
    super.start(sources);
    this.#endTask = this.parts.line.beginTask('ws.actor');
  }

  override async stop(): Promise<void> {
    // First the actor: who waits for its answer waits no more.
    await Promise.all([this.actor.stop(), super.stop()]);
    this.#endTask?.();
  }
}

class ThinActor extends ActorSplit {
  readonly #own = createState();
  override readonly state: StateHolder = {
    mutate: (change: Change) => this.actor.tell(this.reader, () => change(this.#own)),
    snapshot: async (): Promise<ConnectionState> =>
      (await this.actor.ask(this.writer, () => structuredClone(this.#own))) ?? createState(),
  };

  override get process(): Architecture['process'] {
    return async (frame: OutboundFrame) => {
      await this.state.snapshot();
      await this.parts.work.runOutbound?.(frame);
    };
  }
}

class FatActor extends ActorSplit {
  constructor(parts: ArchitectureParts, mailbox: Boundary<Command>) {
    super(parts, mailbox, { sender: `${parts.line.name} actor` });
  }

  override get process(): Architecture['process'] {
    const { runOutbound } = this.parts.work;
    return async (frame: OutboundFrame) => {
      await this.actor.ask(this.writer, () => runOutbound?.(frame));
    };
  }

  protected override read(frame: InboundFrame): void | Promise<void> {
    if (frame.kind !== 'message') return handle(frame, this.parts);
    return this.actor.ask(this.reader, () => handle(frame, this.parts)).then(() => {});
  }
}

export function createActor(parts: ArchitectureParts, mailbox: Boundary<Command>): Architecture {
  return parts.line.settings.actor === 'fat' ? new FatActor(parts, mailbox) : new ThinActor(parts, mailbox);
}
