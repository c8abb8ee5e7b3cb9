/** By specimen: what it claims, as a check that its sound relative passes. */
import { sumReasons } from '../../core/ledger.ts';
import type { StrategySpec } from '../../core/strategy.ts';
import { type GateContext, stage, strategyOf } from './gate.ts';
import { Script } from './scripted.ts';

export interface SpecimenCheck {
  readonly specimen: StrategySpec;
  readonly sound: StrategySpec;
  /** What the strategy does other than it should, or `undefined`. */
  findProblem(strategy: StrategySpec, context: GateContext): Promise<string | undefined> | string | undefined;
}

export const SPECIMEN_CHECKS: Readonly<Record<string, SpecimenCheck>> = {
  'as-written/ironstar-drop-oldest': {
    specimen: strategyOf('as-written/ironstar-drop-oldest', 3),
    sound: strategyOf('drop-oldest', 3),
    findProblem(strategy, context) {
      const script = new Script(strategy, context);
      for (let id = 1; id <= 5; id++) script.offer({ id });
      const { unaccounted } = script.ledger();
      if (unaccounted !== 0) return `${unaccounted} items in no column`;
      const delivered = script.takeAll().join(' ');
      return delivered === '3 4 5' ? undefined : `delivered ${delivered}, expected 3 4 5`;
    },
  },
  'as-written/ironstar-unbounded': {
    specimen: strategyOf('as-written/ironstar-unbounded', 3),
    sound: strategyOf('unbounded', 3),
    findProblem(strategy, context) {
      const script = new Script(strategy, context);
      for (let id = 1; id <= 5; id++) script.offer({ id });
      const { queued, blocked } = script.ledger();
      return queued === 5 && blocked === 0
        ? undefined
        : `${queued} queued and ${blocked} waiting, expected 5 and 0`;
    },
  },
  'as-written/shadowcat-pending-error': {
    specimen: strategyOf('as-written/shadowcat-pending-error', 100),
    sound: strategyOf('block', 100),
    findProblem(strategy, context) {
      const script = new Script(strategy, context);
      for (let id = 1; id <= 101; id++) script.offer({ id });
      if (script.channel.closed) return 'closed the channel where it should slow the producer';
      const { dropped } = script.ledger();
      return sumReasons(dropped) === 0 ? undefined : 'lost an item where it should slow the producer';
    },
  },
  'as-written/termtap-drop-terminal': {
    specimen: strategyOf('as-written/termtap-drop-terminal', 10),
    sound: strategyOf('block', 10),
    findProblem(strategy, context) {
      const script = new Script(strategy, context);
      // Starts are even and ends odd numbers of the same request; nobody reads before all have been offered.
      for (let request = 0; request < 8; request++) script.offer({ id: 2 * request });
      for (let request = 0; request < 8; request++) script.offer({ id: 2 * request + 1 });
      const shown = new Set(script.takeAll());
      const pending = [...shown].filter((id) => id % 2 === 0 && !shown.has(id + 1)).length;
      return pending === 0 ? undefined : `${pending} requests were shown to start and never end`;
    },
  },
  'as-written/ironstar-debounce': {
    specimen: strategyOf('block', 256, stage('shaping', 'as-written/ironstar-debounce')),
    sound: strategyOf('block', 256, stage('shaping', 'debounce')),
    findProblem(strategy, context) {
      const script = new Script(strategy, context);
      // One key is updated for longer than any client should wait.
      for (let id = 0; id < 60; id++) {
        script.offer({ id, key: 'busy' });
        script.advanceMs(50);
        if (script.takeAll().length > 0) return undefined;
      }
      return 'nothing was emitted in 3 s of steady updates';
    },
  },
  'as-written/ironstar-batch': {
    specimen: strategyOf('block', 256, stage('shaping', 'as-written/ironstar-batch')),
    sound: strategyOf('block', 256, stage('shaping', 'batch')),
    findProblem(strategy, context) {
      const script = new Script(strategy, context);
      script.offer({ id: 1 });
      script.advanceMs(200);
      return script.takeAll().length === 1 ? undefined : 'an item was still held after two windows';
    },
  },
  'as-written/shadowcat-evict-untimed': {
    specimen: strategyOf('block', 256, stage('shaping', 'as-written/shadowcat-evict-untimed')),
    sound: strategyOf('block', 256, stage('shaping', 'dedupe')),
    findProblem(strategy, context) {
      const script = new Script(strategy, context);
      let passed = 0;
      for (let round = 0; round < 3; round++) {
        for (let id = 0; id < 5; id++) script.offer({ id: 5 * round + id, key: `event ${id}` });
        script.advanceMs(11_000);
        passed += script.takeAll().length;
      }
      return passed === 5 ? undefined : `${passed} of 5 events passed, duplicates among them`;
    },
  },
  'as-written/shadowcat-admission': {
    specimen: strategyOf(
      'block',
      256,
      stage('admission', 'as-written/shadowcat-admission', { limitItems: 10 }),
    ),
    sound: strategyOf('block', 256, stage('admission', 'concurrency-static', { limitItems: 10 })),
    findProblem: findBurstAbove(10),
  },
  'as-written/shadowcat-gauge': {
    specimen: strategyOf('block', 256, stage('admission', 'as-written/shadowcat-gauge', { limitItems: 10 })),
    sound: strategyOf('block', 256, stage('admission', 'concurrency-static', { limitItems: 10 })),
    findProblem: findBurstAbove(10),
  },
  'as-written/shadowcat-memory-check': {
    specimen: strategyOf(
      'block',
      256,
      stage('admission', 'as-written/shadowcat-memory-check', { totalBytes: 1000 }),
    ),
    sound: strategyOf(
      'block',
      256,
      stage('admission', 'mem-reserve', { totalBytes: 1000, queueBytes: 1000 }),
    ),
    findProblem: findBurstAbove(10, 100),
  },
  'as-written/shadowcat-levels': {
    specimen: strategyOf(
      'block',
      256,
      stage('admission', 'as-written/shadowcat-levels', { limitItems: 100 }),
    ),
    sound: strategyOf('block', 256, stage('admission', 'service-level', { limitItems: 100 })),
    findProblem(strategy, context) {
      const script = new Script(strategy, context);
      for (let id = 0; id < 72; id++) script.offer({ id, class: 0 });
      // Pressure moves by a few per cent around the threshold, for half a second.
      let switches = 0;
      let wasAdmitted = true;
      for (let round = 0; round < 10; round++) {
        for (let i = 0; i < 5; i++) script.takeOne();
        for (let i = 0; i < 5; i++) {
          const isAdmitted = script.offer({ id: 100 + 10 * round + i, class: 2 }) !== 'dropped';
          if (!isAdmitted) script.offer({ id: 1000 + 10 * round + i, class: 0 });
          if (isAdmitted !== wasAdmitted) switches++;
          wasAdmitted = isAdmitted;
        }
        script.advanceMs(50);
      }
      return switches <= 1 ? undefined : `the level changed ${switches} times in half a second`;
    },
  },
  'as-written/ironstar-block': {
    specimen: strategyOf('drop-oldest', 256, stage('topology', 'as-written/ironstar-block')),
    sound: strategyOf('drop-oldest', 256, stage('topology', 'ring-lag')),
    findProblem: findDeathAfterStall,
  },
  'as-written/relay-first-full-kills': {
    specimen: strategyOf('drop-newest', 16, stage('topology', 'as-written/relay-first-full-kills')),
    sound: strategyOf('drop-newest', 16, stage('topology', 'relay', { capacityItems: 16 })),
    findProblem: findDeathAfterStall,
  },
  'as-written/relay-unbounded': {
    specimen: strategyOf('drop-newest', 16, stage('topology', 'as-written/relay-unbounded')),
    sound: strategyOf('drop-newest', 16, stage('topology', 'relay', { capacityItems: 16 })),
    findProblem(strategy, context) {
      const script = new Script(strategy, context);
      for (let id = 0; id < 1000; id++) script.offer({ id });
      const { queued } = script.ledger();
      return queued <= 33 ? undefined : `${queued} items are held, though both queues have 16 places`;
    },
  },
  'as-written/ironstar-drop-newest': {
    specimen: strategyOf('drop-newest', 16, stage('topology', 'as-written/ironstar-drop-newest')),
    sound: strategyOf('drop-newest', 16, stage('topology', 'relay')),
    findProblem(strategy, context) {
      const script = new Script(strategy, context);
      script.offer({ id: 1 });
      script.channel.close();
      script.channel.discardQueued('disconnect.peer');
      const outcome = script.offer({ id: 2 });
      return outcome === 'failed'
        ? undefined
        : `its client is gone, and it still takes items in (${outcome})`;
    },
  },
};

/** Of a burst while nothing is finished, no more than `limit` items of `sizeBytes` may be under way. */
function findBurstAbove(limit: number, sizeBytes = 0): SpecimenCheck['findProblem'] {
  return (strategy, context) => {
    const script = new Script(strategy, context);
    for (let id = 0; id < 100; id++) script.offer({ id, sizeBytes });
    const { queued } = script.ledger();
    return queued <= limit ? undefined : `${queued} items are under way, the limit is ${limit}`;
  };
}

/** A reader that has stalled for longer than anything can hold must be served again afterwards, all losses counted. */
function findDeathAfterStall(strategy: StrategySpec, context: GateContext): string | undefined {
  const script = new Script(strategy, context);
  for (let id = 0; id < 1000; id++) script.offer({ id });
  script.takeAll();
  for (let id = 1000; id < 1010; id++) {
    script.offer({ id });
    script.takeAll();
  }
  const { unaccounted } = script.ledger();
  if (script.lastTaken !== 1009) return 'the feed is silently dead after a stall';
  return unaccounted === 0 ? undefined : `${unaccounted} items in no column`;
}
