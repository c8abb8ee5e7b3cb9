/** The system under test as a process: configured once, sampled as it goes, finished on request. */
import { rmSync } from 'node:fs';
import { joinConductor } from '../core/child.ts';
import { createHostClock } from '../core/clock.ts';
import type { FromSystem, SystemConfig, ToSystem } from './control.ts';
import { System } from './system.ts';

const link = joinConductor<ToSystem, FromSystem>();
let system: System | undefined;
let sampler: NodeJS.Timeout | undefined;

async function start(config: SystemConfig): Promise<void> {
  // Also when the conductor was killed and cannot do it. The store's threads may still write there.
  link.onStop(() => rmSync(config.temporaryFolder, { recursive: true, force: true, maxRetries: 3 }));
  system = await System.open(config, createHostClock(BigInt(config.epochNs)));
  const addresses = await system.listen();
  await link.send({ type: 'listening', addresses });
  sampler = setInterval(report, config.sampleIntervalMs);
}

function report(): void {
  if (system === undefined) return;
  const accounts = system.takeAccounts();
  if (accounts.length > 0) void link.send({ type: 'accounts', accounts });
  void link.send({ type: 'sample', sample: system.sample() });
}

async function finish(deadlineMs: number): Promise<void> {
  if (system === undefined) return;
  const leakedTasks = await system.finish(deadlineMs);
  clearInterval(sampler);
  const accounts = system.takeAccounts();
  if (accounts.length > 0) await link.send({ type: 'accounts', accounts });
  await link.send({ type: 'finished', sample: system.sample(), leakedTasks });
}

async function program(action: 'start' | 'stop' | 'restart'): Promise<void> {
  if (system !== undefined) await link.send({ type: 'program', action, ...(await system.program(action)) });
}

link.onMessage((message) => {
  switch (message.type) {
    case 'start':
      return start(message.config);
    case 'finish':
      return finish(message.deadlineMs);
    case 'program':
      return program(message.action);
    case 'release':
      return system?.release();
    case 'stop':
      return link.stop();
  }
});
void link.send({ type: 'ready', pid: process.pid });
