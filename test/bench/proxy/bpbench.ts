/** bpbench's own system as a subject: the process that `bpbench serve` starts, with its defaults, events and all. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName } from '../../../src/core/boundary.ts';
import { takeEpochNs } from '../../../src/core/clock.ts';
import { DEFAULT_SYSTEM_SETTINGS } from '../../../src/core/plan.ts';
import type { StrategySpec } from '../../../src/core/strategy.ts';
import type { SystemAddresses } from '../../../src/system/control.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';
import { Launcher } from '../../../src/targets/launcher.ts';
import { PROXY_CORE, pin } from './process.ts';

export interface Bpbench extends AsyncDisposable {
  readonly pid: number;
  readonly addresses: SystemAddresses;
}

export async function startBpbench(originUrl: string, originCa: string | null): Promise<Bpbench> {
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-bench-'));
  const launcher = new Launcher();
  const system = await launcher.startSystem();
  pin(system.pid, PROXY_CORE);
  const strategies = Object.fromEntries(
    BOUNDARY_NAMES.map((name) => [name, parseStrategy(BOUNDARIES[name].asFound, name)]),
  ) as Record<BoundaryName, StrategySpec>;
  const addresses = await launcher.configureSystem(system, {
    ...DEFAULT_SYSTEM_SETTINGS,
    forward: { ...DEFAULT_SYSTEM_SETTINGS.forward, connect: 'intercept', upstreamCa: originCa },
    resources: { maxConnections: 1000, maxMemoryBytes: null, maxTasks: 10_000 },
    epochNs: String(takeEpochNs()),
    seed: 1,
    host: '127.0.0.1',
    port: 0,
    temporaryFolder: folder,
    unixSocketPath: null,
    spillFolder: join(folder, 'spill'),
    storePath: join(folder, 'events.db'),
    originUrl,
    strategies,
    sampleIntervalMs: 1000,
  });
  return {
    pid: system.pid,
    addresses,
    async [Symbol.asyncDispose]() {
      await launcher.stopAll();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
