/** What a name that is none of ours may have meant: a slip of the finger, or another library's word. */
import { didYouMean } from '../../core/nearest.ts';
import type { Definition, Synonym } from './definition.ts';
import { PRESET_NAMES } from './presets.ts';
import { DEFINITION_WORDS, DEFINITIONS } from './registry.ts';

/** The same word for different things, in libraries that people come from. `bpbench run --help` prints them. */
export const NAMING_TRAPS: readonly { readonly words: readonly string[]; readonly text: string }[] = [
  {
    words: ['DROP_LATEST'],
    text: 'DROP_LATEST drops the arriving item in Kotlin and Reactor, and evicts the youngest queued one in RxJava.',
  },
  {
    words: ['DropNewest', 'drop_newest'],
    text: 'DropNewest evicts the youngest queued item in .NET, and drops the arriving one in Vector, ironstar and here.',
  },
  {
    words: ['tail drop', 'dropTail'],
    text: '"Tail drop" of networks drops the arriving item; dropTail of Akka evicts the youngest queued one.',
  },
];

/** What others offer and bpbench does not, and why. */
const NOT_OFFERED: readonly { readonly words: readonly string[]; readonly text: string }[] = [
  {
    words: ['CallerRunsPolicy', 'CallerRuns', 'SYNCHRONOUS'],
    text: 'CallerRunsPolicy of Java (SYNCHRONOUS of Log4j2) is not offered: the producer would serve the item itself, out of order; block makes it wait instead',
  },
];

export interface Translation {
  readonly definition: Definition;
  readonly synonym: Synonym;
}

/** Every part of ours that somebody calls `name`, case and punctuation aside. */
export function translate(name: string): Translation[] {
  const wanted = lettersOf(name);
  if (wanted === '') return [];
  return DEFINITIONS.flatMap((definition) =>
    definition.details.alsoCalled
      .filter((synonym) => lettersOf(synonym.name) === wanted)
      .map((synonym) => ({ definition, synonym })),
  );
}

/** What to know about a word that means two things, one sentence each. */
export function findTraps(name: string): string[] {
  const wanted = lettersOf(name);
  const listed = NAMING_TRAPS.filter(({ words }) => words.some((word) => lettersOf(word) === wanted));
  if (listed.length > 0) return listed.map(({ text }) => text);
  const told = translate(name).flatMap(({ definition, synonym }) => {
    const trap = definition.details.namingTrap;
    return trap?.includes(synonym.name) ? [trap] : [];
  });
  return [...new Set(told)];
}

/** Hints for a name that nobody knows, the likeliest first. */
export function hintsForUnknown(name: string): string[] {
  const translations = translate(name);
  // Two meanings side by side are the trap already.
  const isTold = new Set(translations.map(({ definition }) => definition.name)).size > 1;
  return [
    ...translations.map(
      ({ definition, synonym }) => `${synonym.name} (${synonym.where}) is ${definition.name} here`,
    ),
    ...(isTold ? [] : findTraps(name)),
    ...NOT_OFFERED.filter(({ words }) => words.some((word) => lettersOf(word) === lettersOf(name))).map(
      ({ text }) => text,
    ),
    ...DEFINITION_WORDS.filter((word) => word.endsWith(`/${name}`)).map((word) => `did you mean ${word}?`),
    didYouMean(name, STRATEGY_WORDS),
    'bpbench list strategies shows them all',
  ].filter((hint) => hint !== '');
}

/** Everything that may stand as a name in a strategy. */
export const STRATEGY_WORDS: readonly string[] = [...new Set([...DEFINITION_WORDS, ...PRESET_NAMES])];

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
