/** Which runs count, and which stand beside each other. */
import type { ArmRun } from '../core/comparison.ts';

/**
 * The same runs, where `rejected` is now `null` for exactly those that count: a run that is rejected takes the others of
 * its block with it, for a block is compared as a whole or not at all; and of a block that was played again only the
 * last good time counts.
 */
export function settleRejections(runs: readonly ArmRun[]): ArmRun[] {
  const reasons = new Map<ArmRun, string>();
  for (const [block, ofBlock] of Map.groupBy(runs, (run) => run.block)) {
    if (block === null) continue;
    const attempts = splitAttempts(ofBlock);
    const lastGood = attempts.findLastIndex((attempt) => attempt.every((run) => run.rejected === null));
    for (const [index, attempt] of attempts.entries()) {
      if (index === lastGood) continue;
      const isBroken = attempt.some((run) => run.rejected !== null);
      const reason = isBroken ? 'another run of its block was rejected' : 'its block was played again';
      for (const run of attempt) reasons.set(run, reason);
    }
  }
  return runs.map((run) => ({ ...run, rejected: run.rejected ?? reasons.get(run) ?? null }));
}

/** Every arm once in each: the second run of an arm begins the second attempt. */
function splitAttempts(runs: readonly ArmRun[]): ArmRun[][] {
  const seen = new Map<string, number>();
  const attempts: ArmRun[][] = [];
  for (const run of runs) {
    const index = seen.get(run.arm) ?? 0;
    seen.set(run.arm, index + 1);
    attempts[index] = [...(attempts[index] ?? []), run];
  }
  return attempts;
}

/** Those of `arm` that count, in the order of play. */
export function runsOf(runs: readonly ArmRun[], arm: string): ArmRun[] {
  return runs.filter((run) => run.arm === arm && run.rejected === null);
}

/** Runs of `reference` and `arm` by block; a block that lacks one of them makes no pair. */
export function pairsOf(runs: readonly ArmRun[], reference: string, arm: string): [ArmRun, ArmRun][] {
  const byBlock = new Map(runsOf(runs, reference).map((run) => [run.block, run]));
  return runsOf(runs, arm).flatMap((run): [ArmRun, ArmRun][] => {
    const beside = run.block === null ? undefined : byBlock.get(run.block);
    return beside === undefined ? [] : [[beside, run]];
  });
}

/** Whether both arms were played in the same blocks. A block that was broken off leaves a run without its pair. */
export function arePaired(runs: readonly ArmRun[], reference: string, arm: string): boolean {
  const all = [...runsOf(runs, reference), ...runsOf(runs, arm)];
  return all.every((run) => run.block !== null) && pairsOf(runs, reference, arm).length > 0;
}

/** Blocks in which every one of `arms` has a run that counts. */
export function countBlocks(runs: readonly ArmRun[], arms: readonly string[]): number {
  const counted = runs.filter((run) => run.rejected === null && run.block !== null);
  return [...Map.groupBy(counted, (run) => run.block).values()].filter((ofBlock) =>
    arms.every((arm) => ofBlock.some((run) => run.arm === arm)),
  ).length;
}
