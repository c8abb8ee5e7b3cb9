/** A real program beside a real queue of events. */
import { afterEach, describe, expect, it } from 'vitest';
import { createHostClock, takeEpochNs } from '../../../src/core/clock.ts';
import { DEFAULT_SYSTEM_SETTINGS } from '../../../src/core/plan.ts';
import { createRandom } from '../../../src/core/random.ts';
import { Boundary } from '../../../src/system/boundary.ts';
import { Program, type StopPath } from '../../../src/system/program/program.ts';
import { EventSink } from '../../../src/system/proxy/event-sink.ts';
import type { LifecycleEvent } from '../../../src/system/proxy/lifecycle-event.ts';
import { TaskRegistry } from '../../../src/system/resources/task-registry.ts';
import { parseStrategy } from '../../../src/system/strategies/parse.ts';
import { until } from '../../helpers/system.ts';

const HOUR_MS = 3_600_000;
const running: { finish(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of running.splice(0)) await one.finish();
});

interface Options {
  readonly args?: readonly string[];
  readonly command?: string;
  readonly strategy?: string;
  readonly serviceTimeMs?: number;
  readonly stopPath?: StopPath;
}

function setUp(options: Options = {}) {
  const clock = createHostClock(takeEpochNs());
  const tasks = new TaskRegistry();
  const events = new Boundary<LifecycleEvent>({
    name: 'proxy.events',
    strategy: parseStrategy(options.strategy ?? 'block', 'proxy.events'),
    clock,
    random: createRandom(1, 'program'),
  });
  const sink = new EventSink({
    events,
    lifecycle: DEFAULT_SYSTEM_SETTINGS.lifecycle,
    consumer: {
      serviceTimeMs: options.serviceTimeMs ?? 0,
      freezeMs: 0,
      freezeEveryMs: 0,
      ticks: 'one',
      tickCostMs: 0,
    },
    clock,
    tasks,
  });
  const told: string[] = [];
  const program = new Program({
    settings: { command: options.command ?? 'chatter', args: options.args ?? ['--lines-per-sec', '10'] },
    events: {
      tell: (type, details) => {
        if (type !== 'process-stdout' && type !== 'process-stderr') told.push(type);
        return sink.tell(type, details);
      },
      tellNow: (type, details) => {
        told.push(type);
        return sink.tellNow(type, details);
      },
    },
    clock,
    tasks,
    ...(options.stopPath === undefined ? {} : { stopPath: options.stopPath }),
  });
  let isFinished = false;
  const finish = async (): Promise<void> => {
    if (isFinished) return;
    isFinished = true;
    await program.close();
    await sink.finish();
    await until(() => tasks.open === 0, 'every task has ended', 2000);
    sink.retire();
  };
  running.push({ finish });
  return { program, sink, events, tasks, told, finish };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a program beside the proxy', () => {
  it('is told of as the noted system does: start, restart, stop', async () => {
    const { program, told } = setUp();
    expect(await program.start()).toEqual({ outcome: 'done', message: '' });
    const first = program.pid as number;
    expect(await program.restart()).toEqual({ outcome: 'done', message: '' });
    const second = program.pid as number;
    expect([isAlive(first), isAlive(second)]).toEqual([false, true]);
    expect(await program.stop()).toEqual({ outcome: 'done', message: '' });
    expect(isAlive(second)).toBe(false);
    const down = ['process-signaled', 'process-exited', 'process-exited'];
    const up = ['process-starting', 'process-started'];
    expect(told).toEqual([...up, 'process-restarting', ...down, ...up, ...down]);
  });

  it('has one event per line of both outputs, and ends by itself', async () => {
    const { program, sink, tasks } = setUp({
      args: ['--lines-per-sec', '2000', '--seconds', '0.5', '--stderr-every', '4'],
    });
    await program.start();
    // A process closes its outputs before it is gone: either may be noticed first.
    await until(
      () => tasks.byKind()['program'] === undefined && tasks.byKind()['program.exit'] === undefined,
      'all output is read and the end is told',
    );
    expect(program.sample()).toMatchObject({
      isRunning: false,
      started: 1,
      lines: { stdout: 750, stderr: 250 },
    });
    // Starting, started, 1000 lines and two for the end.
    const sum = (): number => Object.values(sink.sample().screen.received).reduce((a, b) => a + b, 0);
    await until(() => sum() === 1004, 'the queue is empty');
    expect(sink.sample().screen.received).toMatchObject({
      'process-stdout': 750,
      'process-stderr': 250,
      'process-exited': 2,
    });
  });

  it('is paused while nobody takes its lines, and loses none', async () => {
    const { program, sink, tasks } = setUp({
      args: ['--lines-per-sec', '10000', '--seconds', '0.2'],
      strategy: 'block,capacity=16',
      serviceTimeMs: 0.5,
    });
    await program.start();
    await until(() => tasks.byKind()['program'] === undefined, 'all output is read');
    expect(program.sample().lines.stdout).toBe(2000);
    await until(() => sink.sample().screen.received['process-stdout'] === 2000, 'the queue is empty');
    expect(program.sample().pausedMs).toBeGreaterThan(500);
  });

  it('says why a program could not be started', async () => {
    const { program, told, finish, tasks } = setUp({ command: '/no/such/program', args: [] });
    expect(await program.start()).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching('ENOENT'),
    });
    expect(told).toEqual(['process-starting', 'fatal']);
    await finish();
    expect(tasks.open).toBe(0);
  });

  it('is killed after 1.5 s when SIGTERM is not enough', async () => {
    const { program, sink } = setUp({ args: ['--ignore-sigterm', '--lines-per-sec', '100'] });
    await program.start();
    await until(() => program.sample().lines.stdout > 0, 'it listens to signals');
    const startedMs = performance.now();
    expect(await program.stop()).toMatchObject({ outcome: 'done' });
    expect(performance.now() - startedMs).toBeGreaterThan(1490);
    await until(() => sink.sample().screen.received['process-exited'] === 2, 'its end is taken');
  });
});

describe('T-7 stop-stalls', () => {
  /** Takes one event an hour; `free` places are left in the queue once the program runs and says nothing. */
  async function startStalled(stopPath: StopPath, free: number) {
    const rig = setUp({
      args: ['--lines-per-sec', '0'],
      strategy: 'block,capacity=16',
      serviceTimeMs: HOUR_MS,
      stopPath,
    });
    await rig.program.start();
    while (rig.events.sample().depthItems < 16 - free)
      rig.sink.warn(`filler ${rig.events.sample().depthItems}`);
    return rig;
  }

  it('stops at once with an empty queue, as found', async () => {
    const { program } = setUp({ stopPath: 'as-found' });
    await program.start();
    const startedMs = performance.now();
    expect(await program.stop()).toMatchObject({ outcome: 'done' });
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });

  it('never stops with a full queue, as found: the program does not even get its signal', async () => {
    const { program, finish } = await startStalled('as-found', 0);
    const pid = program.pid as number;
    let outcome: unknown;
    void program.stop().then((answer) => {
      outcome = answer;
    });
    await new Promise((resolve) => setTimeout(resolve, 2000)); // above 1.5 s, when it would be killed
    expect(outcome).toBeUndefined();
    expect(isAlive(pid)).toBe(true);
    const startedMs = performance.now();
    await finish(); // the end of the system is bounded all the same
    expect(performance.now() - startedMs).toBeLessThan(1000);
    expect(isAlive(pid)).toBe(false);
    expect(outcome).toMatchObject({ outcome: 'done' });
  });

  it('fails to restart after 3 s, as found, although the old program is dead', async () => {
    const { program } = await startStalled('as-found', 2); // room for what is told before the end
    const pid = program.pid as number;
    const startedMs = performance.now();
    expect(await program.restart()).toMatchObject({
      outcome: 'failed',
      message: expect.stringMatching('it is dead'),
    });
    expect(performance.now() - startedMs).toBeGreaterThan(2990);
    expect(isAlive(pid)).toBe(false);
  });

  it.each([0, 2])(
    'stops and restarts at once when nothing waits on the way down, with %i places free',
    async (free) => {
      const { program, sink } = await startStalled('bounded', free);
      const pid = program.pid as number;
      const startedMs = performance.now();
      expect(await program.stop()).toEqual({ outcome: 'done', message: '' });
      expect(performance.now() - startedMs).toBeLessThan(1000);
      expect(isAlive(pid)).toBe(false);
      expect(sink.sample().dropped['process-exited'] ?? 0).toBe(free === 0 ? 2 : 1);
    },
  );
});
