/** A system under test inside the test's own process, on free ports, with a real origin behind it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BOUNDARIES, BOUNDARY_NAMES, type BoundaryName } from '../../src/core/boundary.ts';
import { createHostClock, takeEpochNs } from '../../src/core/clock.ts';
import { DEFAULT_SYSTEM_SETTINGS, type SystemSettings } from '../../src/core/plan.ts';
import type { SystemAddresses, SystemConfig } from '../../src/system/control.ts';
import type { ProxyParts } from '../../src/system/proxy/proxies.ts';
import { parseStrategy } from '../../src/system/strategies/parse.ts';
import { System } from '../../src/system/system.ts';

export interface RunningSystem extends AsyncDisposable {
  /** Where queues spill. */
  readonly spillFolder: string;
  readonly system: System;
  readonly addresses: SystemAddresses;
  readonly origin: Server;
}

export interface StartOptions {
  strategies?: Partial<Record<BoundaryName, string>>;
  resources?: Partial<SystemConfig['resources']>;
  /** Where it listens. Default 127.0.0.1. */
  host?: string;
  serviceTimeMs?: number;
  /** Connections of the proxy to the origin. */
  upstream?: number;
  origin?: RequestListener;
  /** A server of one's own behind the reverse proxy, instead of `origin`. */
  originUrl?: string;
  /** What the proxies use in place of the usual. */
  parts?: ProxyParts;
  /** Anything else; merged over the defaults, table by table. */
  settings?: { [Table in keyof SystemSettings]?: Partial<NonNullable<SystemSettings[Table]>> };
}

export async function startSystem(options: StartOptions = {}): Promise<RunningSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'bpbench-test-'));
  const origin = createServer(options.origin ?? ((_, response) => response.end('origin')));
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const epoch = takeEpochNs();
  const strategies = {} as Record<BoundaryName, ReturnType<typeof parseStrategy>>;
  for (const name of BOUNDARY_NAMES)
    strategies[name] = parseStrategy(options.strategies?.[name] ?? BOUNDARIES[name].asFound, name);
  const system = await System.open(
    {
      epochNs: String(epoch),
      seed: 1,
      host: options.host ?? '127.0.0.1',
      port: 0,
      temporaryFolder: folder,
      unixSocketPath: join(folder, 'system.sock'),
      spillFolder: join(folder, 'spill'),
      storePath: join(folder, 'events.db'),
      originUrl: options.originUrl ?? `http://127.0.0.1:${(origin.address() as AddressInfo).port}`,
      strategies,
      sampleIntervalMs: 100,
      resources: { maxConnections: 1000, maxMemoryBytes: null, maxTasks: 10_000, ...options.resources },
      ...mergeSettings(options),
    },
    createHostClock(epoch),
    options.parts,
  );
  const addresses = await system.listen();
  return {
    system,
    spillFolder: join(folder, 'spill'),
    addresses,
    origin,
    async [Symbol.asyncDispose]() {
      await system.finish(500);
      origin.closeAllConnections();
      await new Promise((resolve) => origin.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function mergeSettings(options: StartOptions): typeof DEFAULT_SYSTEM_SETTINGS {
  const merged = structuredClone(DEFAULT_SYSTEM_SETTINGS) as Record<string, object | null>;
  const given: Record<string, object | null | undefined> = {
    ...options.settings,
    consumer: { serviceTimeMs: options.serviceTimeMs ?? 0, ...options.settings?.consumer },
    upstream: { connections: options.upstream ?? 8, ...options.settings?.upstream },
  };
  for (const [table, values] of Object.entries(given)) {
    if (values !== undefined) merged[table] = { ...merged[table], ...values };
  }
  return merged as unknown as typeof DEFAULT_SYSTEM_SETTINGS;
}

/** Resolves once `holds()` is true, looked at after every turn of the event loop; rejects after `timeoutMs`. */
export async function until(holds: () => boolean, what: string, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export async function publish(addresses: SystemAddresses, body: string): Promise<number> {
  const response = await fetch(addresses.publishUrl, { method: 'POST', body });
  await response.arrayBuffer();
  return response.status;
}
