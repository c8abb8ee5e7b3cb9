/** Every topology, in the order of lists: one line each, specimens last. */
import ironstarBlock from './as-written/ironstar-block.ts';
import ironstarDropNewest from './as-written/ironstar-drop-newest.ts';
import relayFirstFullKills from './as-written/relay-first-full-kills.ts';
import relayUnbounded from './as-written/relay-unbounded.ts';
import perSubQueue from './per-sub-queue.ts';
import relay from './relay.ts';
import ringGated from './ring-gated.ts';
import ringLag from './ring-lag.ts';
import type { TopologyDefinition } from './topology.ts';

export const TOPOLOGIES = {
  'per-sub-queue': perSubQueue,
  relay,
  'ring-lag': ringLag,
  'ring-gated': ringGated,
  'as-written/ironstar-block': ironstarBlock,
  'as-written/ironstar-drop-newest': ironstarDropNewest,
  'as-written/relay-unbounded': relayUnbounded,
  'as-written/relay-first-full-kills': relayFirstFullKills,
} as const satisfies Record<string, TopologyDefinition>;
