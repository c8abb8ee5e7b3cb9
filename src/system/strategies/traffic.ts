/** What each kind of traffic bears: the words behind every refusal. */
import type { TrafficClass } from '../../core/boundary.ts';
import type { Effects } from './definition.ts';

type Order = NonNullable<Effects['reorders']>;

export interface TrafficRules {
  readonly what: string;
  /** Each limit is a sentence that names the harm and what to use instead. */
  readonly order: {
    readonly refused: readonly Order[];
    /** May stand, with a warning. */
    readonly doubted: readonly Order[];
    readonly harm: string;
  };
  /** `null`: one item may stand for several. */
  readonly coalesceHarm: string | null;
  /** `null`: items may go to disk without a word. */
  readonly spill: { readonly isRefused: boolean; readonly harm: string };
  /** `null`: items may be dropped. */
  readonly dropHarm: string | null;
  /** What a lost item means here; `null` where a loss is just a loss. */
  readonly dropNote: string | null;
}

export const TRAFFIC: Record<TrafficClass, TrafficRules> = {
  'sse-feed': {
    what: 'events with ids that rise',
    order: {
      refused: ['across-classes', 'across-flows', 'always'],
      doubted: ['across-keys'],
      harm: 'ids of a feed must rise, or a reader that resumes after the last id it saw misses what was overtaken; keep the order, with drop-oldest for fresh data or coalesce,position=tail for the last value of each key',
    },
    coalesceHarm: null,
    spill: {
      isRefused: false,
      harm: 'events go to disk as they are; keep private data out of them or the disk encrypted',
    },
    dropHarm: null,
    dropNote: null,
  },
  'ws-messages': {
    what: 'messages and replies of one connection',
    order: {
      refused: ['across-classes', 'across-flows', 'always'],
      doubted: [],
      harm: 'a client applies the messages of its connection one after another; keep the order, with drop-oldest or coalesce for fresh data',
    },
    coalesceHarm: null,
    spill: {
      isRefused: false,
      harm: 'messages go to disk as they are; keep private data out of them or the disk encrypted',
    },
    dropHarm: null,
    dropNote: 'replies share this queue, and a dropped reply leaves its caller waiting',
  },
  'actor-commands': {
    what: 'commands that change the state of one connection',
    order: {
      refused: ['across-keys', 'across-classes', 'across-flows', 'always'],
      doubted: [],
      harm: 'each command changes the state that the one before it left; keep the order, with block or unbounded',
    },
    coalesceHarm:
      'a command is a step, and the last one does not hold what the others did; block or unbounded keep every one',
    spill: {
      isRefused: true,
      harm: 'a command is a function with somebody who may wait for its reply, and that cannot be written to disk; block or unbounded keep every one',
    },
    dropHarm:
      'a lost command is a lost update, and whoever waits for its reply waits for ever; block or unbounded keep every one',
    dropNote: null,
  },
  'http-requests': {
    what: 'whole requests, each with somebody who waits for the answer',
    order: { refused: [], doubted: [], harm: '' },
    coalesceHarm:
      'one answer cannot stand for several requests; drop-newest refuses what does not fit with 503',
    spill: {
      isRefused: true,
      harm: 'a request is an open connection, and that cannot be written to disk; block, or drop-newest, which refuses with 503',
    },
    dropHarm: null,
    dropNote: 'a dropped request is answered with 503, or 429 for a rate',
  },
  'lifecycle-events': {
    what: 'started, then finished or failed, of each request',
    order: {
      refused: ['across-classes', 'always'],
      doubted: [],
      harm: 'a request would end before it starts; evict-lowest-priority keeps what matters and the order',
    },
    coalesceHarm: null,
    spill: {
      isRefused: false,
      harm: 'events hold URLs, and go to disk as they are; keep private data out of URLs or the disk encrypted',
    },
    dropHarm: null,
    dropNote:
      'a request whose end is dropped looks unfinished for ever; evict-lowest-priority or reserve keep the ends',
  },
  'output-lines': {
    what: 'lines that a program prints',
    order: {
      refused: ['across-classes', 'always'],
      doubted: [],
      harm: 'lines would be shown in another order than they were printed; drop-oldest keeps the newest in order',
    },
    coalesceHarm: null,
    spill: {
      isRefused: false,
      harm: 'lines go to disk as they are; keep private data out of them or the disk encrypted',
    },
    dropHarm: null,
    dropNote: null,
  },
};
