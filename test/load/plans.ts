/** Small plans with everything that a test does not name left at a harmless value. */
import {
  type Arrivals,
  type ClientGroup,
  DEFAULT_SYSTEM_SETTINGS,
  type Phase,
  type ScenarioPlan,
} from '../../src/core/plan.ts';

export const constant = (perSec: number): Arrivals => ({
  model: 'constant',
  fromPerSec: perSec,
  toPerSec: perSec,
});

export function group(over: Partial<ClientGroup> & Pick<ClientGroup, 'name' | 'path'>): ClientGroup {
  return {
    share: 1,
    via: 'tcp',
    readBytesPerSec: null,
    deadlineMs: 10_000,
    arrivals: null,
    requestBytes: 0,
    ...over,
  };
}

export function phase(over: Partial<Phase> = {}): Phase {
  return {
    name: 'steady',
    durationMs: 500,
    connections: {},
    arrive: 'at-once',
    publish: null,
    eventBytes: 200,
    arrivals: {},
    measured: true,
    ...over,
  };
}

export function plan(clients: ClientGroup[], phases: Phase[]): ScenarioPlan {
  return {
    name: 'test',
    description: '',
    boundary: [],
    events: { keys: 100, flows: 8, criticalShare: 0.05, sheddableShare: 0.45 },
    system: {
      resources: { maxConnections: 1000, maxMemoryBytes: null, maxTasks: 3000 },
      ...DEFAULT_SYSTEM_SETTINGS,
      upstream: { ...DEFAULT_SYSTEM_SETTINGS.upstream, connections: 10 },
      origin: { serviceTimeMs: 0, bodyBytes: 0 },
    },
    clients,
    phases,
    checks: [],
    seed: 4711,
    graceMs: 1000,
    stallAfterMs: 5000,
  };
}
