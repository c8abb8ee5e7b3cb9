/**
 * Every mutant that the catalogue of strategies names: beside its properties P1 to P40, and its specimens.
 * A named one without a mutant fails the score, unless its part does not exist yet.
 */
import type { Mutant } from './mutant.ts';

export interface NamedMutant {
  readonly property: string;
  /** As the catalogue says it; the name of a mutant of that property contains it. */
  readonly words: string;
  /** Why there is none yet. */
  readonly later?: string;
}

const NO_REPLAY = 'replay and Last-Event-ID do not exist yet';
const NO_ARCHITECTURES = 'connection architectures do not exist yet';
const NO_LIVE_CHECKS = 'checks on live connections do not exist yet';

const named = (property: string, ...words: readonly string[]): NamedMutant[] =>
  words.map((one) => ({ property, words: one }));

const later = (property: string, words: string, reason: string): NamedMutant => ({
  property,
  words,
  later: reason,
});

export const NAMED: readonly NamedMutant[] = [
  ...named('P1', 'gauge on the fast path only', 'return without count'),
  ...named('P2', 'check after add'),
  ...named('P3', 'queueing `subarray()` views'),
  ...named('P4', 'generic `other`'),
  ...named('P5', 'counting at `write()`'),
  ...named('P6', 'pool-shared reorder'),
  ...named('P7', 'naming-trap swap'),
  ...named('P8', 'S1 with six pushes'),
  ...named('P9', 'drop-newest under th'),
  ...named('P10', 'evict-newest under th'),
  ...named('P11', 'update lost in a dequeue race'),
  ...named('P12', 'threshold off by one'),
  ...named('P13', 'evict oldest regardless'),
  ...named('P14', 'check-then-act across `await`'),
  ...named('P15', 'resolve before enqueue', 'cancelled waiter eats the wake-up'),
  ...named('P16', "cancelled waiter's slot lost"),
  ...named('P17', 'single-loop + block'),
  ...named('P18', 'sync emit'),
  ...named('P19', 'DRR quantum < item'),
  ...named('P20', 'dropping by event'),
  ...named('P21', 'lag count not passed on'),
  ...named('P22', '"lagged by 0"'),
  ...named('P23', 'debounce in map order'),
  ...named('P24', 'reopened dedupe window', 'off-by-one resume'),
  ...named('P25', 'float drift', '`Date.now()`'),
  ...named('P26', 'count reset'),
  ...named('P27', 'deficit kept when empty'),
  ...named('P28', 'unlimited probes'),
  ...named('P29', 'single threshold'),
  ...named('P30', 'check at enqueue only'),
  ...named('P31', 'drain without deadline'),
  ...named('P32', 'memory overtakes disk'),
  ...named('P33', 'forwarder ignoring "closed"'),
  ...named('P34', 'grant batch > window'),
  ...named('P35', 'map order', '`Math.random`'),
  later('P36', 'shared writer', NO_LIVE_CHECKS),
  later('P37', 'drop after encode', NO_LIVE_CHECKS),
  ...named('P38', 'hidden absolute constant'),
  ...named('P39', 'uncounted eviction'),
  ...named('P40', 'broken generator'),
  ...named(
    'specimen',
    'ironstar-drop-oldest',
    'ironstar-drop-newest',
    'ironstar-block',
    'ironstar-unbounded',
    'ironstar-debounce',
    'ironstar-batch',
    'ironstar-reload',
    'shadowcat-admission',
    'shadowcat-memory-check',
    'shadowcat-gauge',
    'shadowcat-levels',
    'shadowcat-pending-error',
    'shadowcat-evict-untimed',
    'shadowcat-permits',
    'relay-first-full-kills',
    'relay-unbounded',
    'single-loop-block',
    'termtap-drop-terminal',
    'termtap-stop',
  ),
  later('specimen', 'resume-plus-one', NO_REPLAY),
  later('specimen', 'shadowcat-retry', 'retry of stored events does not exist yet'),
  later('specimen', 'actor-mailbox', NO_ARCHITECTURES),
  later('specimen', 'history-half', NO_ARCHITECTURES),
];

export function findMutants({ property, words }: NamedMutant, mutants: readonly Mutant[]): Mutant[] {
  return mutants.filter((mutant) => mutant.property === property && mutant.name.includes(words));
}
