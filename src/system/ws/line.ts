/** What the parts of one connection have in common. */
import type { Clock } from '../../core/clock.ts';
import type { WsSettings } from '../../core/plan.ts';
import type { Wait, WaitGraph } from '../resources/wait-graph.ts';
import type { RelayCounters } from './relay-counters.ts';

export interface Line {
  /** As in `ws 12`. */
  readonly name: string;
  readonly settings: WsSettings;
  readonly clock: Clock;
  readonly waits: WaitGraph;
  readonly counters: RelayCounters;
  /** Registers a task of this connection; answers what ends it. */
  beginTask(kind: string): () => void;
}

/** Who does what of a connection, by the names in waits. */
export interface Roles {
  /** Queues what inbound messages cause. */
  readonly sender: string;
  /** Empties the outbound queue. */
  readonly writer: string;
}

export function waitForRoom(line: Line, who: string, { writer }: Roles): Wait {
  return { who, what: `room in ws.outbound of ${line.name}`, freedBy: [writer], boundary: 'ws.outbound' };
}
