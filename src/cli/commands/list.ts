/** `bpbench list [scenarios|strategies|boundaries]`. */
import { BOUNDARIES } from '../../core/boundary.ts';
import { BenchError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest.ts';
import { wrap } from '../../report/text.ts';
import { listBuiltInScenarios } from '../../scenarios/load-scenario.ts';
import { STRATEGIES } from '../../system/strategies/catalogue.ts';
import { writeOut } from '../streams.ts';

interface Entry {
  name: string;
  summary: string;
}

const LISTS = {
  scenarios: () => listBuiltInScenarios(),
  strategies: () =>
    STRATEGIES.map(({ name, summary, stage, aliases, specimen }) => ({
      name,
      summary: specimen ? `specimen, wrong on purpose: ${summary}` : summary,
      stage,
      aliases,
      specimen,
    })),
  boundaries: () =>
    Object.entries(BOUNDARIES).map(([name, facts]) => ({
      name,
      summary: `${facts.summary}; as found: ${facts.asFound}, ${facts.capacityItems}`,
      asFound: facts.asFound,
      capacityItems: facts.capacityItems,
    })),
} satisfies Record<string, () => Entry[] | Promise<Entry[]>>;

type ListName = keyof typeof LISTS;

export async function listCommand(what: string | undefined, options: { json?: boolean }): Promise<void> {
  const names = Object.keys(LISTS) as ListName[];
  if (what !== undefined && !names.includes(what as ListName)) {
    throw new BenchError('BPB_ERR_UNKNOWN_NAME', `there is no list of '${what}'`, {
      hints: [didYouMean(what, names), `the lists: ${names.join(', ')}`].filter((hint) => hint !== ''),
    });
  }
  const chosen = what === undefined ? names : [what as ListName];
  if (options.json) {
    const all = await Promise.all(
      chosen.map(async (name) =>
        [...(await LISTS[name]())].map((entry) => (what ? entry : { list: name, ...entry })),
      ),
    );
    await writeOut(`${JSON.stringify(all.flat(), null, 2)}\n`);
    return;
  }
  const lines: string[] = [];
  for (const name of chosen) {
    if (chosen.length > 1) lines.push(lines.length > 0 ? `\n${name}` : name);
    lines.push(...renderEntries(await LISTS[name](), chosen.length > 1 ? '  ' : ''));
  }
  await writeOut(`${lines.join('\n')}\n`);
}

function renderEntries(entries: readonly Entry[], indent: string): string[] {
  const column = Math.min(34, Math.max(...entries.map((entry) => entry.name.length)) + 2);
  return entries.flatMap((entry) => {
    const head = `${indent}${entry.name.padEnd(column)}`;
    const [first = '', ...rest] = wrap(entry.summary, 80 - head.length);
    return [`${head}${first}`, ...rest.map((line) => `${' '.repeat(head.length)}${line}`)];
  });
}
