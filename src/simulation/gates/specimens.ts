import { DEFINITIONS } from '../../system/strategies/registry.ts';
import { exactRow, type Gate } from './gate.ts';
import { SPECIMEN_CHECKS } from './specimen-checks.ts';

/**
 * Parts that are wrong on purpose. Each has a check of what it claims to do: the specimen must fail it, and
 * the sound part that it is taken for must pass.
 */
export const specimens: Gate = {
  name: 'specimens',
  title: 'Parts that are wrong on purpose are noticed, sound ones are not',
  async play(context) {
    const alive: string[] = [];
    const accused: string[] = [];
    const names = DEFINITIONS.filter((definition) => definition.specimen).map(({ name }) => name);
    for (const name of names) {
      const check = SPECIMEN_CHECKS[name];
      if (check === undefined) {
        alive.push(`${name} (no check)`);
        continue;
      }
      if ((await check.findProblem(check.specimen, context)) === undefined) alive.push(name);
      const problem = await check.findProblem(check.sound, context);
      if (problem !== undefined) accused.push(`${check.sound.text}: ${problem}`);
    }
    return [
      exactRow('specimens killed', 'count', names.length - alive.length, names.length, list(alive)),
      exactRow('sound parts that fail the same check', 'count', accused.length, 0, list(accused)),
    ];
  },
};

function list(names: readonly string[]): string | null {
  return names.length === 0 ? null : names.join(', ');
}
