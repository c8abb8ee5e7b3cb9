/** Which results a trend is of: by scenario, strategy and plan. A name that none of them has is a mistake, no empty trend. */
import { BenchError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest.ts';
import { formatCount } from '../../core/units.ts';
import { plainText } from '../text.ts';
import { describeUnreadable } from './words.ts';

/** `undefined`: all of them. */
export interface TrendFilter {
  readonly scenario: string | undefined;
  readonly strategy: string | undefined;
  /** The start of its hash. */
  readonly plan: string | undefined;
}

interface Named {
  readonly scenario: string;
  readonly strategy: string;
  readonly planHash: string;
}

/** Letters of a plan's hash that people see. */
export const PLAN_LETTERS = 7;
/** More names are counted, not listed. */
const MAX_NAMES = 20;

/** Errors: BPB_ERR_UNKNOWN_NAME with the names that there are. Where there are no results at all, none are picked. */
export function pickResults<Result extends Named>(
  results: readonly Result[],
  filter: TrendFilter,
  unreadable: number,
): readonly Result[] {
  let picked = results;
  const of: string[] = [];
  const pick = (
    what: 'scenario' | 'strategy' | 'plan',
    isWanted: (result: Result, wanted: string) => boolean,
    nameOf: (result: Result) => string,
  ): void => {
    const wanted = filter[what];
    if (wanted === undefined) return;
    const among = picked;
    picked = among.filter((result) => isWanted(result, wanted));
    if (picked.length === 0 && among.length > 0) {
      throw refuse(what, wanted, of, [...new Set(among.map(nameOf))].sort(), unreadable);
    }
    of.push(wanted);
  };
  pick(
    'scenario',
    ({ scenario }, wanted) => scenario === wanted,
    ({ scenario }) => scenario,
  );
  pick(
    'strategy',
    ({ strategy }, wanted) => strategy === wanted,
    ({ strategy }) => strategy,
  );
  pick(
    'plan',
    ({ planHash }, wanted) => bareHash(planHash).startsWith(wanted),
    ({ planHash }) => bareHash(planHash).slice(0, PLAN_LETTERS),
  );
  return picked;
}

export function bareHash(hash: string): string {
  return hash.replace(/^sha256:/, '');
}

/** `no result of burst has the strategy 'blok'` */
function refuse(
  what: string,
  wanted: string,
  of: readonly string[],
  known: readonly string[],
  unreadable: number,
): BenchError {
  const whose = of.length === 0 ? '' : ` of ${of.join(' · ')}`;
  const names = known.slice(0, MAX_NAMES).join(', ');
  const more = known.length - MAX_NAMES;
  const hints = [
    didYouMean(wanted, known),
    `one of these: ${names}${more > 0 ? `, and ${formatCount(more)} more` : ''}`,
    unreadable > 0 ? describeUnreadable(unreadable) : '',
  ];
  return new BenchError('BPB_ERR_UNKNOWN_NAME', plainText(`no result${whose} has the ${what} '${wanted}'`), {
    hints: hints.filter((hint) => hint !== '').map(plainText),
  });
}
