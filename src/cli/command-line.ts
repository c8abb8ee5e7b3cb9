/** The command that repeats a run exactly: what was typed, and the seed. */
import { quoteForShell } from '../core/shell.ts';
import type { RunOptions } from './commands/run.ts';
import type { JudgingOptions } from './compare-options.ts';

export function repeatCommand(scenario: string, options: RunOptions, seed: number): string {
  const words = ['bpbench', 'run', scenario];
  const flag = (name: string, values: readonly string[]): void => {
    for (const value of values) words.push(name, value);
  };
  flag('--strategy', options.strategy);
  flag('--at', options.at);
  if (options.duration !== undefined) flag('--duration', [options.duration]);
  if (options.rate !== undefined) flag('--rate', [options.rate]);
  if (options.connections !== undefined) flag('--connections', [String(options.connections)]);
  flag('--set', options.set);
  if (options.grace !== undefined) flag('--grace', [options.grace]);
  flag('--fail-if', options.failIf);
  if (!options.checks) words.push('--no-checks');
  if (options.repeat !== undefined) flag('--repeat', [String(options.repeat)]);
  if (options.looks !== undefined) flag('--looks', [String(options.looks)]);
  if (options.order === 'williams') flag('--order', [options.order]);
  if (options.warmup !== undefined) flag('--warmup', [options.warmup]);
  words.push(...judgingWords(options));
  flag('--target', options.target);
  flag('--baseline-target', options.baselineTarget);
  flag('--allow-host', options.allowHost);
  flag('--seed', [String(seed)]);
  return words.map(quoteForShell).join(' ');
}

/** What a comparison is judged by, as it was typed; who accepts it as baseline is no part of repeating it. */
export function judgingWords(options: JudgingOptions): string[] {
  const { reference, baseline, need, expect, margin, gate, maxMde } = options;
  const one = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value];
  const each = (name: string, values: readonly string[]): string[] =>
    values.flatMap((value) => [name, value]);
  return [
    ...one('--reference', reference),
    ...one('--baseline', baseline),
    ...each('--need', need),
    ...each('--expect', expect),
    ...each('--margin', margin),
    ...(gate === false ? ['--no-gate'] : each('--gate', gate)),
    ...(options.strict === true ? ['--strict'] : []),
    ...one('--max-mde', maxMde),
    ...(options.allowUnpaired === true ? ['--allow-unpaired'] : []),
  ];
}
