/** From the settings to who does what. */
import type { Boundary } from '../../boundary.ts';
import type { ChainPool } from '../chain-pool.ts';
import type { Command } from '../mailbox.ts';
import { createActor } from './actor.ts';
import type { Architecture, ArchitectureParts } from './architecture.ts';
import { Offload } from './offload.ts';
import { SingleLoop } from './single-loop.ts';
import { Split } from './split.ts';

/** What some architectures need of the relay. */
export interface Helpers {
  readonly mailbox: Boundary<Command>;
  /** The threads, which are started when the first connection wants them. */
  readonly pool: () => ChainPool;
}

export function createArchitecture(parts: ArchitectureParts, { mailbox, pool }: Helpers): Architecture {
  switch (parts.line.settings.architecture) {
    case 'single-loop':
      return new SingleLoop(parts);
    case 'split':
      return new Split(parts);
    case 'actor':
      return createActor(parts, mailbox);
    case 'offload':
      return new Offload(parts, pool());
  }
}
