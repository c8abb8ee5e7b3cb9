/**
 * What a host's runs differ by when nothing differs, by scenario: measured once (`compare --self-test`), kept in
 * `noise.json` among the results, and used to say before an experiment which change it can find.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleOf } from '../../comparison/samples.ts';
import type { ComparisonRecord } from '../../core/comparison.ts';
import { BenchError, messageOf } from '../../core/errors.ts';
import { writeAtomically } from '../../report/result-store.ts';
import { standardDeviation } from '../../statistics/descriptive.ts';

export const NOISE_FILE = 'noise.json';

export interface NoiseCard {
  readonly scenario: string;
  /** Of what was played, and of the host: a card is of nothing else. */
  readonly planHash: string;
  readonly fingerprint: string;
  readonly measuredAt: string;
  /** Self-tests in a row, up to this one, that found a difference where there was none. */
  readonly wrongInARow: number;
  /** Differences between paired runs of the same thing, on each metric's scale. */
  readonly metrics: Readonly<Record<string, { readonly sd: number; readonly n: number }>>;
}

/**
 * What `record` itself tells of the noise: the spread of the paired differences by metric, of the arm that differs most
 * from block to block. Metrics with fewer than two finite pairs are left out.
 */
export function noiseOf({ arms, reference, metrics, runs }: ComparisonRecord): NoiseCard['metrics'] {
  const noise: Record<string, { sd: number; n: number }> = {};
  for (const metric of metrics) {
    for (const { name } of arms) {
      if (name === reference) continue;
      const samples = sampleOf(runs, { arm: name, reference, calibration: null }, metric);
      if (samples.type !== 'paired') continue;
      const differences = samples.differences.filter(Number.isFinite);
      if (differences.length < 2) continue;
      const sd = standardDeviation(differences) ?? 0;
      if (sd >= (noise[metric.name]?.sd ?? 0)) noise[metric.name] = { sd, n: differences.length };
    }
  }
  return noise;
}

interface NoiseFile {
  readonly schemaVersion: 1;
  readonly kind: 'noise';
  readonly cards: readonly NoiseCard[];
}

/**
 * The card of this plan on this host, or `null` where it was never measured.
 * Error BPB_ERR_USAGE when the file is there and is not one of ours.
 */
export async function readNoiseCard(
  base: string,
  of: Pick<NoiseCard, 'planHash' | 'fingerprint'>,
): Promise<NoiseCard | null> {
  return (await readCards(base)).find((card) => isSame(card, of)) ?? null;
}

/** One that is wrong may be chance. */
const WRONG_TOO_OFTEN = 2;

/** Error BPB_ERR_USAGE where the self-test has shown that this host finds differences that are none. */
export function checkTrustworthy(card: NoiseCard | null): void {
  if (card === null || card.wrongInARow < WRONG_TOO_OFTEN) return;
  throw new BenchError(
    'BPB_ERR_USAGE',
    `nothing can be gated on this host: the last ${card.wrongInARow} self-tests of ${card.scenario} found a difference where there is none`,
    {
      hints: [
        `find out what disturbs it, then: bpbench compare --self-test ${card.scenario}`,
        '--no-gate, to look and not to judge',
      ],
    },
  );
}

/** Keeps `card` in place of an older one of the same plan and host, and counts on. Errors: as reading and writing. */
export async function writeNoiseCard(base: string, card: NoiseCard): Promise<string> {
  const all = await readCards(base);
  const earlier = all.find((other) => isSame(other, card))?.wrongInARow ?? 0;
  const others = all.filter((other) => !isSame(other, card));
  const counted = { ...card, wrongInARow: card.wrongInARow === 0 ? 0 : earlier + card.wrongInARow };
  const file: NoiseFile = { schemaVersion: 1, kind: 'noise', cards: [...others, counted] };
  const path = join(base, NOISE_FILE);
  await mkdir(base, { recursive: true });
  await writeAtomically(path, `${JSON.stringify(file, null, 2)}\n`);
  return path;
}

function isSame(a: Pick<NoiseCard, 'planHash' | 'fingerprint'>, b: typeof a): boolean {
  return a.planHash === b.planHash && a.fingerprint === b.fingerprint;
}

async function readCards(base: string): Promise<readonly NoiseCard[]> {
  const path = join(base, NOISE_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw refuse(path, messageOf(thrown), thrown);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (thrown) {
    throw refuse(path, messageOf(thrown), thrown);
  }
  const file = document as Partial<NoiseFile> | null;
  if (file?.kind !== 'noise' || file.schemaVersion !== 1 || !Array.isArray(file.cards)) {
    throw refuse(path, 'expected kind "noise" with schemaVersion 1');
  }
  return file.cards.filter(isCard);
}

function isCard(value: unknown): value is NoiseCard {
  const card = value as Partial<NoiseCard> | null;
  if (typeof card?.planHash !== 'string' || typeof card.fingerprint !== 'string') return false;
  if (typeof card.scenario !== 'string' || typeof card.measuredAt !== 'string') return false;
  if (!Number.isInteger(card.wrongInARow)) return false;
  if (typeof card.metrics !== 'object' || card.metrics === null) return false;
  return Object.values(card.metrics).every(
    (noise) => Number.isFinite(noise?.sd) && noise.sd >= 0 && Number.isInteger(noise.n),
  );
}

function refuse(path: string, what: string, cause?: unknown): BenchError {
  return new BenchError('BPB_ERR_USAGE', `${path} holds no noise of this host: ${what}`, {
    hints: ['move it away and measure again: bpbench compare --self-test'],
    cause,
  });
}
