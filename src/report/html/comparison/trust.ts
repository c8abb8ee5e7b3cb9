/** Which runs count and why others do not; how they were laid out; where they ran. */
import type { ComparisonRecord } from '../../../core/comparison.ts';
import { formatBytes, formatCount } from '../../../core/units.ts';
import { plainText } from '../../text.ts';
import { html, label } from '../markup.ts';
import { renderFacts } from '../run/tables.ts';
import type { Section } from '../section.ts';
import { renderStatus, toneOf } from '../status.ts';
import { numbers, renderTable, words } from '../table.ts';
import { describeDesign } from './card.ts';

export function validitySection({ runs, design }: ComparisonRecord): Section {
  const rejected = runs.filter((run) => run.rejected !== null);
  const counted = runs.length - rejected.length;
  const replayed =
    design.replayedBlocks === 0
      ? ''
      : ` ${formatCount(design.replayedBlocks)} of at most ${formatCount(design.replayedBlocksMax)} blocks were played again.`;
  return {
    id: 'validity',
    title: 'Validity',
    lead: `${formatCount(counted)} of ${formatCount(runs.length)} runs count.${replayed} A run that does not count takes its whole block with it.`,
    content: [
      rejected.length === 0 && html`<p>${renderStatus('good', 'No run was rejected.')}</p>`,
      renderTable('Runs that do not count', [
        words(
          'run',
          rejected.map(({ id }) => id),
        ),
        words(
          'strategy',
          rejected.map(({ arm }) => label(arm)),
        ),
        words(
          'block',
          rejected.map(({ block }) => blockName(block)),
        ),
        words(
          'why',
          rejected.map((run) => run.rejected),
        ),
      ]),
    ],
  };
}

function blockName(block: number | null): string {
  return block === null ? '–' : String(block + 1);
}

export function planSection(record: ComparisonRecord): Section {
  const { design, plan, arms, family, runs } = record;
  const facts: [string, string][] = [
    ['Layout', describeDesign(record)],
    ['Plan', `${plan.scenario.name}, ${plan.hash.slice(0, 19)}`],
    ['Gated', family.gated.length === 0 ? 'nothing' : family.gated.map(plainText).join(', ')],
    ['Blocks needed for a gate', formatCount(family.blocksNeeded)],
    ['Looks', `${design.looksUsed} of ${design.looksPlanned}`],
    ['Attempt', `${design.attempt} with this plan and these versions`],
  ];
  return {
    id: 'plan',
    title: 'Plan and runs',
    lead: null,
    content: [
      renderFacts(facts),
      renderTable('What was compared', [
        words(
          'arm',
          arms.map(({ name }) => label(name)),
        ),
        words(
          'strategy',
          arms.map(({ strategyName }) => html`<code>${strategyName}</code>`),
        ),
        words(
          'version',
          arms.map(({ version }) =>
            version.gitCommit === null
              ? version.bpbench
              : `${version.bpbench} (${version.gitCommit.slice(0, 12)})`,
          ),
        ),
        words(
          'from',
          arms.map(({ source }) => source),
        ),
      ]),
      html`<details>
<summary>${formatCount(runs.length)} runs in the order in which they were played</summary>
${renderTable('All runs in order', [
  words(
    'run',
    runs.map(({ id }) => id),
  ),
  words(
    'block',
    runs.map(({ block }) => blockName(block)),
  ),
  words(
    'strategy',
    runs.map(({ arm }) => label(arm)),
  ),
  words(
    'verdict',
    runs.map(({ status, rejected }) =>
      rejected === null ? renderStatus(toneOf(status), status) : renderStatus('doubt', 'does not count'),
    ),
  ),
  words(
    'seed',
    runs.map(({ seed }) => String(seed)),
  ),
  numbers(
    'offered',
    'count',
    runs.map(({ counts }) => counts.offered),
  ),
  numbers(
    'delivered',
    'count',
    runs.map(({ counts }) => counts.delivered),
  ),
  numbers(
    'dropped',
    'count',
    runs.map(({ counts }) => counts.dropped),
  ),
])}</details>
`,
    ],
  };
}

export function hostSection({ environment: host }: ComparisonRecord): Section {
  return {
    id: 'environment',
    title: 'Where it ran',
    lead: null,
    content: renderFacts([
      ['bpbench', host.bpbenchVersion],
      ['Node', host.nodeVersion],
      ['Operating system', `${host.os} ${host.kernel}`],
      ['Processor', `${host.cpuModel}, ${host.cores} core${host.cores === 1 ? '' : 's'}`],
      ['Memory', formatBytes(host.memoryBytes)],
      ['Fingerprint', host.fingerprint],
    ]),
  };
}
