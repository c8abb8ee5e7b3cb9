import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compareResults } from '../../../src/conductor/experiment/compare-results.ts';
import {
  checkTrustworthy,
  type NoiseCard,
  noiseOf,
  readNoiseCard,
  writeNoiseCard,
} from '../../../src/conductor/experiment/noise-card.ts';
import { editRecord } from '../../helpers/recorded-runs.ts';
import { createRecord } from '../../report/fixtures.ts';

const CARD: NoiseCard = {
  scenario: 'burst',
  planHash: 'sha256:1',
  fingerprint: 'sha256:host',
  measuredAt: '2026-11-21T10:00:00.000Z',
  wrongInARow: 0,
  metrics: { 'all.p99': { sd: 0.04, n: 8 } },
};

let base = '';
beforeEach(() => {
  base = join(mkdtempSync(join(tmpdir(), 'bpbench-noise-')), 'results');
});
afterEach(() => rmSync(join(base, '..'), { recursive: true, force: true }));

describe('the noise card', () => {
  it('is of one plan on one host, the newest one, beside those of others', async () => {
    expect(await readNoiseCard(base, CARD)).toBeNull();
    await writeNoiseCard(base, { ...CARD, metrics: {} });
    await writeNoiseCard(base, { ...CARD, planHash: 'sha256:2' });
    await writeNoiseCard(base, CARD);
    expect(await readNoiseCard(base, CARD)).toEqual(CARD);
    expect(await readNoiseCard(base, { ...CARD, fingerprint: 'sha256:elsewhere' })).toBeNull();
    expect(JSON.parse(readFileSync(join(base, 'noise.json'), 'utf8')).cards).toHaveLength(2);
    expect(readdirSync(base)).toEqual(['noise.json']);
  });

  it.each([
    ['cut off', '{"kind": "noise", "ca'],
    ['something else', '{"kind": "run"}'],
    ['null', 'null'],
  ])('that is %s is refused, and not written over', async (_, text) => {
    await writeNoiseCard(base, CARD);
    writeFileSync(join(base, 'noise.json'), text);
    const refusal = {
      code: 'BPB_ERR_USAGE',
      message: expect.stringContaining('holds no noise of this host'),
    };
    await expect(readNoiseCard(base, CARD)).rejects.toMatchObject(refusal);
    await expect(writeNoiseCard(base, CARD)).rejects.toMatchObject(refusal);
    expect(readFileSync(join(base, 'noise.json'), 'utf8')).toBe(text);
  });

  it('counts self-tests that were wrong in a row, and gates nothing after the second', async () => {
    const wrong = { ...CARD, wrongInARow: 1 };
    const countAfter = async (card: NoiseCard) => {
      await writeNoiseCard(base, card);
      return (await readNoiseCard(base, CARD))?.wrongInARow;
    };
    expect(await countAfter(wrong)).toBe(1);
    expect(() => checkTrustworthy(wrong)).not.toThrow();
    expect(await countAfter(wrong)).toBe(2);
    const card = await readNoiseCard(base, CARD);
    expect(() => checkTrustworthy(card)).toThrow(
      'nothing can be gated on this host: the last 2 self-tests of burst',
    );
    expect(await countAfter(CARD)).toBe(0);
    checkTrustworthy(null);
  });

  it('leaves out cards that are damaged', async () => {
    await writeNoiseCard(base, CARD);
    const cards = [
      { ...CARD, metrics: { rss: { sd: 'much', n: 8 } } },
      { ...CARD, measuredAt: 1 },
      null,
      3,
      CARD,
    ];
    writeFileSync(join(base, 'noise.json'), JSON.stringify({ schemaVersion: 1, kind: 'noise', cards }));
    expect(await readNoiseCard(base, CARD)).toEqual(CARD);
  });
});

it('noise is the spread of paired differences, on the scale of the metric', () => {
  const real = createRecord();
  const memories = { a: [1, 1, 1], b: [1.1, 1, 1 / 1.1] };
  const named = Object.entries(memories).flatMap(([strategyName, factors]) =>
    factors.map((memory, at) => ({
      label: null,
      report: {
        kind: 'run' as const,
        record: editRecord(real, { strategyName, seed: at + 1, memory }),
        ...{ timeline: [], intervals: [], folder: null, problems: [] },
      },
    })),
  );
  const noise = noiseOf(compareResults(named, {}, '', false).record);
  expect(noise['rss']?.n).toBe(3);
  expect(noise['rss']?.sd).toBeCloseTo(Math.log(1.1), 6);
  expect(noise['all.p99']?.sd).toBe(0);
});
