/** The command that repeats a run exactly: what was typed, and the seed. */
import type { RunOptions } from './commands/run.ts';

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
  flag('--target', options.target);
  flag('--allow-host', options.allowHost);
  flag('--seed', [String(seed)]);
  return words.map(quoteForShell).join(' ');
}

/** Single quotes around whatever a POSIX shell would read differently. */
export function quoteForShell(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
