/** `bpbench list [scenarios|strategies|boundaries|results]`. */
import { BOUNDARIES } from '../../core/boundary.ts';
import { BenchError } from '../../core/errors.ts';
import { didYouMean } from '../../core/nearest.ts';
import { listBuiltInScenarios } from '../../scenarios/load-scenario.ts';
import { listResults, renderListing } from '../list-results.ts';
import { type ListEntry, type ListGroup, listStrategies, renderGroups } from '../lists.ts';
import { writeOut } from '../streams.ts';
import { lookOf } from '../terminal.ts';

const LISTS = {
  scenarios: () => [{ title: null, entries: listBuiltInScenarios() }],
  strategies: listStrategies,
  boundaries: () => [
    {
      title: null,
      entries: Object.entries(BOUNDARIES).map(([name, facts]) => ({
        name,
        summary: `${facts.summary}; as found: ${facts.asFound}, ${facts.capacityItems}`,
        asFound: facts.asFound,
        capacityItems: facts.capacityItems,
        traffic: facts.traffic,
        scope: facts.scope,
      })),
    },
  ],
} satisfies Record<string, () => ListGroup[]>;

type ListName = keyof typeof LISTS;

const SINGULARS: Readonly<Record<string, ListName>> = {
  scenario: 'scenarios',
  strategy: 'strategies',
  boundary: 'boundaries',
};

export interface ListOptions {
  json?: boolean;
  /** Of results. */
  limit?: number;
  results: string;
}

export async function listCommand(word: string | undefined, options: ListOptions): Promise<void> {
  const names = Object.keys(LISTS) as ListName[];
  const what = word !== undefined && Object.hasOwn(SINGULARS, word) ? SINGULARS[word] : word;
  if (what === 'results' || what === 'result') return await listResultsCommand(options);
  if (what !== undefined && !names.includes(what as ListName)) {
    throw new BenchError('BPB_ERR_UNKNOWN_NAME', `there is no list of '${what}'`, {
      hints: [
        didYouMean(what, [...names, 'results']),
        `the lists: ${[...names, 'results'].join(', ')}`,
      ].filter((hint) => hint !== ''),
    });
  }
  const chosen = what === undefined ? names : [what as ListName];
  if (options.json) {
    const all = chosen.flatMap((name) =>
      LISTS[name]()
        .flatMap((group): readonly ListEntry[] => group.entries)
        .map((entry) => (what === undefined ? { list: name, ...entry } : entry)),
    );
    await writeOut(`${JSON.stringify(all, null, 2)}\n`);
    return;
  }
  const width = Math.max(40, lookOf(process.stdout, 'auto').width);
  const lines: string[] = [];
  for (const name of chosen) {
    if (chosen.length > 1) lines.push(lines.length > 0 ? `\n${name}` : name);
    lines.push(...renderGroups(LISTS[name](), width, chosen.length > 1 ? '  ' : ''));
  }
  await writeOut(`${lines.join('\n')}\n`);
}

async function listResultsCommand({ json = false, limit, results }: ListOptions): Promise<void> {
  const listing = await listResults(results, limit, json);
  await writeOut(
    json
      ? `${JSON.stringify(listing.results, null, 2)}\n`
      : renderListing(listing, lookOf(process.stdout, 'auto')),
  );
}
