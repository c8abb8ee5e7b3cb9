/**
 * Short stories that tell policies apart by what an outsider sees: answers, depth, who leaves when and how.
 * Reasons are left out on purpose: two policies that differ in a label alone are not told apart.
 *
 * `id:key,class,bytes,flow` offers (the rest may be left out), `-` takes and delivers one, `~ms` lets time pass,
 * `x` closes. In the end everything is taken.
 */
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { makeItem, Probe } from './probe.ts';

export interface Trace {
  readonly name: string;
  readonly items: number;
  readonly bytes?: number;
  readonly story: string;
}

export const S1: Trace = { name: 'S1', items: 3, story: '1:A,2 2:B,1 3:A,0 4:C,2 5:B,0' };

export const TRACES: readonly Trace[] = [
  S1,
  { name: 'S1 in two places', items: 2, story: S1.story },
  { name: 'distinct keys, one class', items: 3, story: '1:A 2:B 3:C 4:D 5:E - 6:F - 7:G x' },
  {
    name: 'one large item for several small',
    items: 9,
    bytes: 40,
    story: '1:A,1,10 2:B,2,10 3:C,1,10 4:D,2,10 5:E,1,25',
  },
  {
    name: 'a value that grows beyond the bound',
    items: 9,
    bytes: 40,
    story: '1:A,1,10 2:B,1,20 3:A,1,25 4:A,1,5 - 5:C,1,15',
  },
  {
    name: 'a greedy flow',
    items: 8,
    story:
      '1:,1,8,x 2:,1,8,x 3:,1,8,y 4:,1,8,x 5:,1,8,z 6:,1,8,x 7:,1,8,x 8:,1,8,y 9:,1,8,y - 10:,1,8,x 11:,1,8,x',
  },
  {
    name: 'critical into a full queue',
    items: 5,
    story: '1:A,2 2:B,2 3:C,2 4:D,2 5:E,2 6:F,1 7:G,0 8:H,0 9:I,0 - 10:J,0',
  },
  { name: 'patience', items: 2, story: '1 2 3 ~60 4 ~60 - ~60 - 5' },
  { name: 'one place', items: 1, story: '1:A 2:A 3:B 4:B - 5:C' },
  {
    name: 'a hundred and one',
    items: 200,
    story: Array.from({ length: 101 }, (_, i) => `${i + 1}:k${i}`).join(' '),
  },
];

/** What there is to see, step by step, and in the end. */
export interface Story {
  readonly steps: readonly string[];
  readonly delivered: readonly string[];
  /** `3 dropped` */
  readonly ends: readonly string[];
  readonly reasons: readonly string[];
  readonly peak: string;
  readonly probe: Probe;
}

export function tell(policy: OverflowPolicy, { items, bytes = 0, story }: Trace): Story {
  const probe = new Probe(policy, { capacityItems: items, capacityBytes: bytes });
  const { channel } = probe;
  let spilledMax = 0;
  const steps = story.split(' ').map((word) => {
    let answer = '';
    if (word === '-') {
      answer = probe.take()?.label ?? 'nothing';
      probe.land('delivered');
    } else if (word === 'x') channel.close();
    else if (word.startsWith('~')) probe.advanceMs(Number(word.slice(1)));
    else answer = offer(probe, word);
    spilledMax = Math.max(spilledMax, channel.spilledItems);
    const { depthItems, bytes: queuedBytes, waiters, spilledItems, closed } = channel;
    return `${word} ${answer}: ${depthItems} of ${queuedBytes} B, ${waiters} wait, ${spilledItems} on disk, closed ${closed}`;
  });
  probe.drain();
  const lost = probe.ends.filter(([, end]) => end !== 'delivered');
  return {
    steps,
    delivered: probe.delivered.map((item) => item.label),
    ends: lost.map(([item, end]) => `${item.label} ${end}`),
    reasons: lost.map(([item, , reason]) => `${item.label} ${reason}`),
    peak: `${channel.depthMax} queued, ${channel.waitersMax} waiting, ${spilledMax} on disk`,
    probe,
  };
}

/** What tells one policy from another in this trace. */
export function signature(policy: OverflowPolicy, trace: Trace): string {
  const { steps, delivered, ends, probe } = tell(policy, trace);
  return JSON.stringify([
    steps,
    delivered,
    ends,
    probe.channel.ledger().unaccounted,
    probe.disconnected !== undefined,
  ]);
}

function offer(probe: Probe, word: string): string {
  const [id = '', facts = ''] = word.split(':');
  const [key = '', klass = '1', size = '0', flow = ''] = facts.split(',');
  return probe.offer(makeItem(Number(id), { key, class: Number(klass), bytes: Number(size), flow }));
}
