/**
 * How much a number of blocks can tell, and how many it takes. Effects, margins and `sd`, the standard deviation of
 * the differences, share one scale (the metric's: log-ratio or share). Source: the formula of the paired t-test, with
 * the efficiency of the signed-rank test under normal noise, 3/π (Lehmann 1975, section 4.3), and the level that the
 * test really spends: its law has steps, and the nominal level promised 80 % where 63 (n = 6) and 75 (n = 8) came true.
 * Where the test has room for one failure at most, as for few blocks at a level that many metrics share, its power is
 * taken exactly. Measured for one-sided levels of 2.5 to 0.25 %: 75 to 82 % of the time; with heavy tails more.
 */
import { requireBetween0And1, requireNotNegative, requireWhole } from './arguments.ts';
import { blocksNeeded } from './multiplicity.ts';
import { lowerTail, signedRankCritical, signedRankLaw } from './signed-rank.ts';
import { CRITICAL_MAX, effectOfPower } from './signed-rank-power.ts';
import { studentQuantile } from './student.ts';

const EFFICIENCY = 3 / Math.PI;

/** Above it nominal and spent level are one to three digits. */
const STEPS_MAX = 40;

/** More blocks than this are never an answer. */
const BLOCKS_MAX = 100_000;

export interface PowerOptions {
  sd: number;
  /** The change that matters, δ. */
  margin: number;
  /** One-sided level of the test. Default 0.025; of `same` 0.05. */
  level?: number;
  /** How often it has to succeed. Default 0.8. */
  power?: number;
}

/**
 * The smallest worsening that n blocks prove to exceed the margin four times in five:
 * δ + (t_{1−α} + t_{power}) · sd / √(0.955 n), α the spent level, t with n − 1 degrees of freedom; with few blocks the
 * exact effect instead. `null` where the test cannot speak with so few (n < 6 at the default level).
 */
export function minimumDetectable({
  n,
  sd,
  margin,
  level = 0.025,
  power = 0.8,
}: PowerOptions & { n: number }): number | null {
  requireWhole('n', n, 0);
  check({ sd, margin, level, power });
  return n < blocksNeeded(1, level) ? null : margin + halfWidth(n, sd, level, power);
}

/** The fewest blocks that prove a worsening by `effect`; `null` if it is no larger than the margin. */
export function blocksToDetect({
  effect,
  sd,
  margin,
  level = 0.025,
  power = 0.8,
}: PowerOptions & { effect: number }): number | null {
  check({ sd, margin, level, power });
  requireNotNegative('effect', effect);
  return fewestBlocks({ sd, room: effect - margin, level, power });
}

/**
 * The fewest blocks that prove two arms the same within ±margin where they truly differ by `effect` (default 0):
 * ((t_{1−α} + t_{(1+power)/2}) · sd / (δ − |effect|))² / 0.955. `null` if the effect is no smaller than the margin.
 */
export function blocksToProveSame({
  effect = 0,
  sd,
  margin,
  level = 0.05,
  power = 0.8,
}: PowerOptions & { effect?: number }): number | null {
  check({ sd, margin, level, power });
  // Both one-sided tests have to succeed, so each gets half of the failures.
  return fewestBlocks({ sd, room: margin - Math.abs(effect), level, power: (1 + power) / 2 });
}

function halfWidth(n: number, sd: number, level: number, power: number): number {
  const k = n > STEPS_MAX ? null : signedRankCritical(n, 1 - 2 * level);
  if (k !== null && k <= CRITICAL_MAX) return sd * exactEffect(n, k, power);
  // The largest tail of W⁺ that the level has room for.
  const spent = k === null ? level : lowerTail(signedRankLaw(n), k);
  const t = -studentQuantile(spent, n - 1) + studentQuantile(power, n - 1);
  return (t * sd) / Math.sqrt(EFFICIENCY * n);
}

/** Every metric of a comparison asks for the same few. */
const exactEffects = new Map<string, number>();

function exactEffect(n: number, k: number, power: number): number {
  const key = `${n} ${k} ${power}`;
  const effect = exactEffects.get(key) ?? effectOfPower(n, k, power);
  exactEffects.set(key, effect);
  return effect;
}

interface Search extends Required<Omit<PowerOptions, 'margin'>> {
  /** What the half-width has to fit into. */
  room: number;
}

function fewestBlocks({ sd, room, level, power }: Search): number | null {
  if (room <= 0) return null;
  // Falls with n, steps of the spent level included (looked at for levels up to 5 %).
  const isEnough = (n: number) => halfWidth(n, sd, level, power) <= room;
  let low = blocksNeeded(1, level);
  if (isEnough(low)) return low;
  let high = 2 * low;
  while (!isEnough(high)) {
    if (high > BLOCKS_MAX) return null;
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function check({ sd, margin, level, power }: Required<PowerOptions>): void {
  requireNotNegative('sd', sd);
  requireNotNegative('margin', margin);
  requireBetween0And1('2 · level', 2 * level);
  requireBetween0And1('power', power);
}
