/** Where the load goes: the embedded system, or somebody's own service. */

import type { PathName } from '../core/boundary.ts';
import type { ScenarioPlan } from '../core/plan.ts';
import type { LoadEndpoints } from '../load/control.ts';
import type { SystemAddresses } from '../system/control.ts';

/** Somebody's own service instead of the embedded system. */
export interface ExternalTarget {
  readonly urls: Partial<Record<PathName, string>>;
  readonly publishUrl: string | null;
}

export function embeddedEndpoints(addresses: SystemAddresses): LoadEndpoints {
  return {
    sse: addresses.sseUrl,
    ws: addresses.wsUrl,
    proxy: addresses.reverseUrl,
    publish: addresses.publishUrl,
    isEmbedded: true,
    unixSocketPath: addresses.unixSocketPath,
  };
}

export function externalEndpoints(target: ExternalTarget): LoadEndpoints {
  const { sse = null, ws = null, proxy = null } = target.urls;
  return { sse, ws, proxy, publish: target.publishUrl, isEmbedded: false, unixSocketPath: null };
}

/** `plan` as somebody else's service can be played: over TCP alone, as only the embedded system has a Unix socket. */
export function fitToTarget(plan: ScenarioPlan, target: ExternalTarget | null): ScenarioPlan {
  if (target === null) return plan;
  return { ...plan, clients: plan.clients.map((group) => ({ ...group, via: 'tcp' })) };
}
