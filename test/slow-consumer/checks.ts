/** What must hold of slow-consumer rules, each as a check that answers what is wrong, or `undefined`. */
import { createVirtualClock } from '../../src/core/clock.ts';
import dropOldest from '../../src/system/overflow/drop-oldest.ts';
import type { SlowConsumerRule } from '../../src/system/slow-consumer/rule.ts';
import { Lane } from './lane.ts';

/** Rules for so many consumers of one boundary. */
export type MakeRules = (count: number) => SlowConsumerRule[];

/** A limit of 100 bytes is kept at 100, and passed at 101. */
export function findThresholdProblem(create: MakeRules): string | undefined {
  const lane = new Lane(create(1));
  lane.offer(100);
  if (lane.disconnects > 0) return 'P7: disconnected at the limit';
  lane.offer(1);
  return lane.disconnects === 1 ? undefined : 'P7: not disconnected above the limit';
}

/** More than 100 bytes for 1 s without a break, with or without traffic. */
export function findSoftProblem(create: MakeRules): string | undefined {
  const dipping = new Lane(create(1));
  dipping.offer(50, 3);
  for (let i = 0; i < 20; i++) {
    dipping.advanceMs(900);
    dipping.deliver();
    dipping.offer(50);
  }
  if (dipping.disconnects > 0)
    return `P7: disconnected at ${dipping.disconnectedAtMs} ms though it recovered`;
  const quiet = new Lane(create(1));
  quiet.offer(101);
  quiet.advanceMs(5000);
  return quiet.disconnectedAtMs === 1000 ? undefined : `P7: disconnected at ${quiet.disconnectedAtMs} ms`;
}

/** One write may take 1 s: not the queue in front of it, and each by itself. */
export function findDeadlineProblem(create: MakeRules): string | undefined {
  const steady = new Lane(create(1));
  steady.offer(1, 30);
  for (let i = 0; i < 30; i++) {
    steady.take();
    steady.advanceMs(500);
    steady.deliver();
  }
  if (steady.disconnects > 0)
    return `P7: disconnected at ${steady.disconnectedAtMs} ms though each write was in time`;
  const stuck = new Lane(create(1));
  stuck.offer(1, 30);
  stuck.take();
  stuck.flying.pop();
  for (let i = 0; i < 10; i++) {
    stuck.take();
    stuck.advanceMs(50);
    stuck.deliver();
  }
  stuck.advanceMs(5000);
  return stuck.disconnectedAtMs === 1000 ? undefined : `P7: disconnected at ${stuck.disconnectedAtMs} ms`;
}

/** Progress once a second at least keeps it, however old the queue. */
export function findStallProblem(create: MakeRules): string | undefined {
  const trickling = new Lane(create(1));
  trickling.offer(1, 30);
  for (let i = 0; i < 30; i++) {
    trickling.advanceMs(900);
    trickling.deliver();
  }
  if (trickling.disconnects > 0)
    return `P7: a trickling reader disconnected at ${trickling.disconnectedAtMs} ms`;
  trickling.offer();
  trickling.advanceMs(5000);
  return trickling.disconnectedAtMs === 28_000
    ? undefined
    : `P7: disconnected at ${trickling.disconnectedAtMs} ms`;
}

/** A lag of more than 10 offers, also where the queue drops and stays short. */
export function findLagProblem(create: MakeRules): string | undefined {
  const lane = new Lane(create(1), { overflow: dropOldest, capacityItems: 3 });
  lane.offer(1, 10);
  if (lane.disconnects > 0) return 'P7: disconnected at the limit';
  lane.offer(1);
  return lane.disconnects === 1 ? undefined : 'P7: not disconnected 11 offers behind';
}

/** From 100 bytes on a producer waits, until 40: what lies between changes nothing. */
export function findPauseProblem(create: MakeRules): string | undefined {
  const lane = new Lane(create(1));
  lane.offer(20, 5);
  const atHigh = lane.channel.waiters;
  if (atHigh !== 1) return `P29: ${atHigh} wait at the high mark`;
  lane.deliver(2);
  const between = lane.channel.waiters;
  lane.deliver();
  const atLow = lane.channel.waiters;
  if (between === 0) return 'P29: resumed between the marks';
  return atLow === 0 ? undefined : 'P29: still waiting at the low mark';
}

/** Of three that pass 100 bytes together, the fattest goes, and nobody else. */
export function findShedProblem(create: MakeRules): string | undefined {
  const clock = createVirtualClock();
  const lanes = create(3).map((rule) => new Lane(rule, { clock }));
  for (const [index, size] of [20, 70, 10, 1].entries()) lanes[index % 3]?.offer(size);
  clock.advanceNs(0);
  const gone = lanes.map((lane) => lane.disconnects).join('');
  return gone === '010' ? undefined : `P36: disconnected ${gone}, the second is the fattest`;
}

/** A hundred consumers that come, queue 60 bytes and leave count for nothing after that. */
export function findLeaveProblem(create: MakeRules): string | undefined {
  const clock = createVirtualClock();
  const lanes = create(100).map((rule) => new Lane(rule, { clock }));
  for (const lane of lanes) {
    lane.offer(60);
    lane.channel.discardQueued('disconnect.peer');
    lane.channel.close();
    clock.advanceNs(0);
    if (lanes.some(({ disconnects }) => disconnects > 0)) {
      return 'P33: somebody was disconnected for bytes that left long ago';
    }
  }
  return undefined;
}
