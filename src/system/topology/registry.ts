/** Every topology, in the order of lists. One line each. */
import type { TopologyDefinition } from './topology.ts';

export const TOPOLOGIES = {} as const satisfies Record<string, TopologyDefinition>;
