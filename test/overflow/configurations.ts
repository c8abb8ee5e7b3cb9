/** Every policy as it comes, and with each of its parameters at the ends of its range. */
import type { OverflowPolicy } from '../../src/system/overflow/policy.ts';
import { OVERFLOW_POLICIES } from '../../src/system/overflow/registry.ts';
import { defaultsOf, type Params } from '../../src/system/strategies/definition.ts';

export interface Configuration {
  readonly title: string;
  readonly params: Params;
  /** Made anew for each queue, as a boundary does. */
  make(): OverflowPolicy;
}

export const SOUND = Object.values<OverflowPolicy>(OVERFLOW_POLICIES).filter(
  ({ specimen }) => specimen !== true,
);

export function configure(policy: OverflowPolicy, params: Params = {}): OverflowPolicy {
  return policy.configure?.({ ...defaultsOf(policy), ...params }) ?? policy;
}

export function configurationsOf(policy: OverflowPolicy): Configuration[] {
  const variants: Params[] = [{}];
  for (const param of policy.params) {
    const values =
      'choices' in param ? param.choices : [param.min, ...(param.max === undefined ? [] : [param.max])];
    for (const value of values) if (value !== param.default) variants.push({ [param.name]: value });
  }
  return variants.flatMap((changed) => {
    const params = { ...defaultsOf(policy), ...changed };
    if (policy.findProblem?.(params) !== undefined) return [];
    const title = [policy.name, ...Object.entries(changed).map((pair) => pair.join('='))].join(',');
    return [{ title, params, make: () => policy.configure?.(params) ?? policy }];
  });
}
