/** What named policies do, exactly, in the traces. */
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import type { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import type { Params } from '../../src/system/strategies/definition.ts';
import { S1, TRACES, type Trace, tell } from './traces.ts';

export type Name = keyof typeof OVERFLOW_POLICIES;

export interface Golden {
  readonly params?: Params;
  readonly delivered: string;
  /** In order of their ends, with reasons. */
  readonly lost?: string;
  /** The most that were queued, waiting and on disk, where that tells it from its like. */
  readonly peak?: string;
}

const key = (trace: string): Trace => TRACES.find(({ name }) => name === trace) as Trace;

export const S1_ROWS: [Name, Golden][] = [
  ['block', { delivered: '1 2 3 4 5', peak: '3 queued, 2 waiting, 0 on disk' }],
  ['timeout', { delivered: '1 2 3 4 5', peak: '3 queued, 2 waiting, 0 on disk' }],
  ['drop-newest', { delivered: '1 2 3', lost: '4 overflow.drop-newest, 5 overflow.drop-newest' }],
  ['drop-oldest', { delivered: '3 4 5', lost: '1 overflow.drop-oldest, 2 overflow.drop-oldest' }],
  ['evict-newest', { delivered: '1 2 5', lost: '3 overflow.evict-newest, 4 overflow.evict-newest' }],
  [
    'evict-all',
    { delivered: '4 5', lost: '1 overflow.evict-all, 2 overflow.evict-all, 3 overflow.evict-all' },
  ],
  [
    'latest',
    { delivered: '5', lost: '1 overflow.latest, 2 overflow.latest, 3 overflow.latest, 4 overflow.latest' },
  ],
  ['coalesce', { delivered: '3 5 4', lost: '1 key, 2 key' }],
  ['coalesce', { params: { position: 'tail' }, delivered: '3 4 5', lost: '1 key, 2 key' }],
  ['merge', { delivered: '1+3 2+5 4', lost: '3 merge, 5 merge' }],
  [
    'merge',
    { params: { scope: 'tail' }, delivered: '1+2+3+4+5', lost: '2 merge, 3 merge, 4 merge, 5 merge' },
  ],
  ['evict-lowest-priority', { delivered: '2 3 5', lost: '4 priority.shed, 1 priority.evicted' }],
  [
    'evict-lowest-priority',
    { params: { strict: 'false' }, delivered: '2 3 5', lost: '1 priority.evicted, 4 priority.evicted' },
  ],
  // 20 % of three places is none.
  ['reserve', { delivered: '1 2 3', lost: '4 priority.shed, 5 overflow.reserve' }],
  ['reserve', { params: { reserve: 0.4 }, delivered: '1 2 3', lost: '4 priority.shed, 5 overflow.reserve' }],
  ['reserve', { params: { critical: 'block' }, delivered: '1 2 3 5', lost: '4 priority.shed' }],
  ['evict-longest', { delivered: '3 4 5', lost: '1 overflow.evict-longest, 2 overflow.evict-longest' }],
  ['spill', { delivered: '1 2 3 4 5', peak: '3 queued, 0 waiting, 2 on disk' }],
  ['fail', { delivered: '', lost: '4 overflow.fail, 1 closed, 2 closed, 3 closed, 5 closed' }],
  ['fail', { params: { drainBeforeFail: 'true' }, delivered: '1 2 3', lost: '4 overflow.fail, 5 closed' }],
  ['unbounded', { delivered: '1 2 3 4 5', peak: '5 queued, 0 waiting, 0 on disk' }],
  // Its owner is told that 4 and 5 are gone; the ledger was not.
  [
    'as-written/ironstar-drop-oldest',
    {
      delivered: '1 2 3',
      lost: '4 overflow.as-written/ironstar-drop-oldest, 5 overflow.as-written/ironstar-drop-oldest',
    },
  ],
  ['as-written/ironstar-unbounded', { delivered: '1 2 3 4 5' }],
  ['as-written/shadowcat-pending-error', { delivered: '1 2 3 4 5' }],
  ['as-written/termtap-drop-terminal', { delivered: '1 2 3 5', lost: '4 priority.shed' }],
];

const LARGE = key('one large item for several small');
const GROWS = key('a value that grows beyond the bound');
const GREEDY = key('a greedy flow');
const CRITICAL = key('critical into a full queue');
const PATIENCE = key('patience');
const CROWD = key('a hundred and one');
const CROWD_IDS = Array.from({ length: 101 }, (_, i) => i + 1).join(' ');

export const ROWS: [Trace, Name, Golden][] = [
  [
    GREEDY,
    'drop-oldest',
    { delivered: '2 4 5 6 7 8 9 10 11', lost: '1 overflow.drop-oldest, 3 overflow.drop-oldest' },
  ],
  [PATIENCE, 'block', { delivered: '1 2 3 4 5' }],
  [CROWD, 'block', { delivered: CROWD_IDS }],
  [LARGE, 'block', { delivered: '1 2 3 4 5' }],
  [LARGE, 'drop-newest', { delivered: '1 2 3 4', lost: '5 overflow.drop-newest' }],
  [
    LARGE,
    'drop-oldest',
    { delivered: '4 5', lost: '1 overflow.drop-oldest, 2 overflow.drop-oldest, 3 overflow.drop-oldest' },
  ],
  [
    LARGE,
    'evict-newest',
    { delivered: '1 5', lost: '4 overflow.evict-newest, 3 overflow.evict-newest, 2 overflow.evict-newest' },
  ],
  // All below class 1 together would not make room: nothing is evicted in vain.
  [LARGE, 'evict-lowest-priority', { delivered: '1 2 3 4', lost: '5 priority.shed' }],
  [
    LARGE,
    'evict-lowest-priority',
    {
      params: { strict: 'false' },
      delivered: '3 5',
      lost: '2 priority.evicted, 4 priority.evicted, 1 priority.evicted',
    },
  ],
  [GROWS, 'coalesce', { delivered: '4 2 5', lost: '3 overflow.drop-newest, 1 key' }],
  [
    GROWS,
    'coalesce',
    { params: { inner: 'drop-oldest' }, delivered: '4 5', lost: '1 key, 2 overflow.drop-oldest, 3 key' },
  ],
  [GROWS, 'merge', { delivered: '1+4 2 5', lost: '3 overflow.drop-newest, 4 merge' }],
  [
    GREEDY,
    'evict-longest',
    {
      delivered: '3 5 6 7 8 9 10 11',
      lost: '1 overflow.evict-longest, 2 overflow.evict-longest, 4 overflow.evict-longest',
    },
  ],
  [
    GREEDY,
    'evict-longest',
    {
      params: { batch: 1 },
      delivered: '2 3 5 6 7 8 9 10 11',
      lost: '1 overflow.evict-longest, 4 overflow.evict-longest',
    },
  ],
  [
    CRITICAL,
    'reserve',
    {
      delivered: '1 2 3 4 6 10',
      lost: '5 priority.shed, 7 overflow.reserve, 8 overflow.reserve, 9 overflow.reserve',
    },
  ],
  [
    CRITICAL,
    'reserve',
    {
      params: { reserve: 0.4, reserveNormal: 0.2 },
      delivered: '1 2 3 6 7 10',
      lost: '4 priority.shed, 5 priority.shed, 8 overflow.reserve, 9 overflow.reserve',
    },
  ],
  [
    CRITICAL,
    'reserve',
    { params: { critical: 'block' }, delivered: '1 2 3 4 6 7 8 9 10', lost: '5 priority.shed' },
  ],
  [
    CRITICAL,
    'evict-lowest-priority',
    {
      delivered: '5 6 7 8 9 10',
      lost: '1 priority.evicted, 2 priority.evicted, 3 priority.evicted, 4 priority.evicted',
    },
  ],
  [PATIENCE, 'timeout', { delivered: '1 2 4 5', lost: '3 block_timeout' }],
  [
    PATIENCE,
    'timeout',
    { params: { fallback: 'drop-oldest' }, delivered: '2 3 4 5', lost: '1 overflow.drop-oldest' },
  ],
  [
    PATIENCE,
    'timeout',
    {
      params: { fallback: 'fail' },
      delivered: '',
      lost: '3 block_timeout, 4 closed, 1 closed, 2 closed, 5 closed',
    },
  ],
  [PATIENCE, 'timeout', { params: { deadlineMs: 120 }, delivered: '1 2 4 5', lost: '3 block_timeout' }],
  [PATIENCE, 'timeout', { params: { deadlineMs: 121 }, delivered: '1 2 3 4 5' }],
];

/** What is wrong with `policy` as `name`, by what it does alone: reasons are left out. */
export function findGoldenProblem(name: Name, policy: OverflowPolicy): string | undefined {
  const rows: [Trace, Name, Golden][] = [
    ...S1_ROWS.map(([of, row]): [Trace, Name, Golden] => [S1, of, row]),
    ...ROWS,
  ];
  for (const [trace, of, { params, delivered, lost = '', peak }] of rows) {
    if (of !== name || params !== undefined) continue;
    const story = tell(policy, trace);
    const seen = `${story.delivered.join(' ')} | ${idsOf(story.reasons.join(', '))}`;
    const wanted = `${delivered} | ${idsOf(lost)}`;
    if (seen !== wanted) return `P7: ${trace.name} as ${name}: ${seen}, not ${wanted}`;
    if (peak !== undefined && story.peak !== peak)
      return `P7: ${trace.name} as ${name}: ${story.peak}, not ${peak}`;
  }
  return undefined;
}

/** `4 shed, 1 evicted` without the reasons. */
function idsOf(lost: string): string {
  return lost
    .split(', ')
    .map((one) => one.split(' ')[0])
    .join(' ');
}
