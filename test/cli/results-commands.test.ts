import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listCommand } from '../../src/cli/commands/list.ts';
import { type PruneOptions, pruneCommand } from '../../src/cli/commands/prune.ts';
import { type TrendOptions, trendCommand } from '../../src/cli/commands/trend.ts';
import { listResults, renderListing } from '../../src/cli/list-results.ts';
import type { ComparisonRecord } from '../../src/core/comparison.ts';
import type { RunRecord } from '../../src/core/record.ts';
import { displayWidth } from '../../src/report/text.ts';
import { createRegression, runOf } from '../report/comparison-fixtures.ts';
import { createRecord } from '../report/fixtures.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'bpbench-results-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(base, { recursive: true, force: true });
});

/** What the command prints. */
async function printed(command: Promise<void>): Promise<string> {
  let text = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((piece, ...rest: unknown[]) => {
    text += String(piece);
    for (const one of rest) if (typeof one === 'function') one();
    return true;
  });
  await command;
  vi.restoreAllMocks();
  return text;
}

/** A result that began `minute` minutes after ten. */
function put(
  minute: number,
  change: Partial<RunRecord> = {},
  text: (record: RunRecord) => string | null = JSON.stringify,
): string {
  const two = String(minute % 60).padStart(2, '0');
  const hour = String(10 + Math.floor(minute / 60)).padStart(2, '0');
  const id = String(minute).padStart(5, '0');
  const startedAt = `2026-11-21T${hour}:${two}:00.000Z`;
  const name = `20261121T${hour}${two}00Z-burst-drop-oldest-${id}`;
  mkdirSync(join(base, name));
  const written = text(createRecord({ id, startedAt, ...change }));
  if (written !== null) writeFileSync(join(base, name, 'record.json'), written);
  return name;
}

function putComparison(minute: number, change: Partial<ComparisonRecord> = {}): string {
  const name = `20261121T10${String(minute).padStart(2, '0')}00Z-burst-compare-c${String(minute).padStart(4, '0')}`;
  mkdirSync(join(base, name));
  writeFileSync(join(base, name, 'record.json'), JSON.stringify(createRegression(change)));
  return name;
}

/** The median response time of every group is this. */
function ofP50(p50: number): Partial<RunRecord> {
  const { groups } = createRecord();
  for (const { latency } of Object.values(groups)) latency.response.p50 = p50;
  return { groups };
}

describe('bpbench list results', () => {
  it('tells what each result was, newest first, with the reason where one is damaged', async () => {
    put(1);
    const damaged = put(2, {}, (record) => JSON.stringify(record).slice(0, 100));
    const unfinished = put(3, {}, () => null);
    const compared = putComparison(4);
    symlinkSync(compared, join(base, 'latest'));
    const look = { width: 160, color: false, unicode: true };
    const text = renderListing(await listResults(base, undefined, false), look, Date.UTC(2026, 10, 23, 11));
    const lines = text.split('\n');
    expect(lines[1]).toMatch(/^→ 2026\S+-compare-c0004 +burst +main vs now +fail +– +– +2 d +\d\S* KiB$/);
    expect(lines[2]).toMatch(new RegExp(`^  ${unfinished} +unfinished`));
    expect(lines[3]).toMatch(new RegExp(`^  ${damaged} +damaged`));
    expect(lines[4]).toMatch(/^ {2}\S+-00001 +burst +drop-oldest +pass +\d\S* ms +3\.68 % +2 d +\d+\S* KiB$/);
    expect(text).toContain(`! ${unfinished}: no record.json: it goes on, or was killed\n`);
    expect(text).toContain('is cut off after 100 characters');
    expect(text).toContain('→ latest · 4 results\n');
  });

  it.each([60, 80, 160])('keeps to %i columns', async (width) => {
    put(1, { strategyName: '発熱\u001b[2J'.repeat(20) });
    put(2, {}, () => '{');
    const text = renderListing(await listResults(base, 0, false), { width, color: false, unicode: true });
    expect(Math.max(...text.split('\n').map(displayWidth))).toBeLessThanOrEqual(width);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('reads only what it shows: older damaged results are nothing to it', async () => {
    for (let minute = 0; minute < 30; minute++) put(minute, {}, () => 'damaged');
    for (let minute = 30; minute < 50; minute++) put(minute);
    const { results, total } = await listResults(base, undefined, false);
    expect(total).toBe(50);
    expect(results.map(({ kind }) => kind)).toEqual(Array.from({ length: 20 }, () => 'run'));
    expect((await listResults(base, 3, true)).results).toHaveLength(3);
    expect((await listResults(base, undefined, true)).results).toHaveLength(50);
  });

  it('prints an array for programs, empty where there is nothing', async () => {
    expect(await printed(listCommand('results', { json: true, results: base }))).toBe('[]\n');
    expect(await printed(listCommand('results', { results: base }))).toBe('no results yet\n');
    const name = put(1);
    const [first] = JSON.parse(await printed(listCommand('result', { json: true, results: base })));
    expect(first).toMatchObject({ name, kind: 'run', verdict: 'pass', isLatest: false, problem: null });
  });

  it.each([true, false])('says that there is no such folder, as JSON: %s', async (json) => {
    await expect(listCommand('results', { json, results: join(base, 'none') })).rejects.toMatchObject({
      code: 'BPB_ERR_USAGE',
      message: `there is no folder ${join(base, 'none')}: results are looked for there`,
    });
  });

  it('is of results alone: git keeps nothing of their folder', () => {
    expect(readFileSync('.gitignore', 'utf8').split('\n')).toContain('/results/');
  });

  it('names its list where a word is no list', async () => {
    await expect(listCommand('result s', { results: base })).rejects.toThrow("no list of 'result s'");
    await expect(listCommand('resluts', { results: base })).rejects.toMatchObject({
      hints: expect.arrayContaining([expect.stringContaining('results')]),
    });
  });
});

describe('bpbench prune', () => {
  const prune = (options: Partial<PruneOptions>): Promise<string> =>
    printed(pruneCommand({ results: base, ...options }));

  it('shows what goes and removes nothing with --dry-run, and the same without it', async () => {
    const names = [1, 2, 3].map((minute) => put(minute));
    const dry = await prune({ keep: 1, dryRun: true });
    expect(dry).toContain(`would go: ${names[0]}  `);
    expect(dry).toMatch(/2 of 3 results would go, .* would be left\n$/);
    expect(names.map((name) => existsSync(join(base, name)))).toEqual([true, true, true]);
    expect(await prune({ keep: 1 })).toBe(dry.replaceAll('would go', 'gone').replace('would be', 'are'));
    expect(names.map((name) => existsSync(join(base, name)))).toEqual([false, false, true]);
  });

  it('follows no link, and leaves what is not of bpbench', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'bpbench-outside-'));
    try {
      writeFileSync(join(outside, 'record.json'), JSON.stringify(createRecord()));
      symlinkSync(outside, join(base, '20261121T100000Z-burst-block-aaaaa'));
      mkdirSync(join(base, 'thesis'));
      const own = put(1);
      writeFileSync(join(base, own, 'notes.txt'), 'mine');
      const linked = put(2);
      symlinkSync(outside, join(base, linked, 'more'));
      const text = await prune({ keep: 0, includeHeld: true });
      expect(text).toContain(`stays: ${own} holds notes.txt, which is not of bpbench\n`);
      expect(text).toContain(`stays: ${linked} holds more, which is not of bpbench\n`);
      expect(text).toContain('0 of 2 results gone');
      expect(existsSync(join(outside, 'record.json'))).toBe(true);
      expect(existsSync(join(base, 'thesis'))).toBe(true);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it('points latest to the newest that is left, or takes it away with the last', async () => {
    const [old, gone] = [put(1), put(2)];
    symlinkSync(gone, join(base, 'latest'));
    writeFileSync(join(base, old, '.keep'), '');
    await prune({ keep: 0 });
    expect(readlinkSync(join(base, 'latest'))).toBe(old);
    await prune({ keep: 0, includeHeld: true });
    expect(existsSync(join(base, old))).toBe(false);
    expect(() => readlinkSync(join(base, 'latest'))).toThrow('ENOENT');
  });

  it('takes a comparison with its runs', async () => {
    const run = put(1);
    const compared = putComparison(2, { runs: [runOf('now', 0, { id: '00001', folder: `../${run}` })] });
    const newest = put(3);
    expect(JSON.parse(await prune({ keep: 1, dryRun: true, json: true }))).toMatchObject({
      dryRun: true,
      goes: [{ name: compared }, { name: run }],
      stays: [{ name: newest, because: null }],
    });
  });

  it('expects to be told what may go, in words it understands', async () => {
    await expect(prune({})).rejects.toMatchObject({ code: 'BPB_ERR_USAGE' });
    await expect(prune({ olderThan: 'last week' })).rejects.toThrow(
      "an age such as 30d, 12h or 90m, got 'last week'",
    );
    await expect(prune({ maxSize: 'much' })).rejects.toThrow('--max-size expects a size such as');
    put(1);
    expect(await prune({ olderThan: '30000d', dryRun: true })).toContain('0 of 1 results');
    expect(await prune({ olderThan: '1.5H', dryRun: true })).toContain(' of 1 results');
  });

  it.each(['3', '0', ' 2.5 '])('removes nothing for an age without a unit: %j', async (olderThan) => {
    const name = put(1);
    await expect(prune({ olderThan, includeHeld: true })).rejects.toMatchObject({
      code: 'BPB_ERR_USAGE',
      message: `--older-than expects an age such as 30d, 12h or 90m, got '${olderThan}'`,
    });
    expect(existsSync(join(base, name))).toBe(true);
  });
});

describe('bpbench trend', () => {
  const trend = (scenario: string | undefined, options: Partial<TrendOptions> = {}): Promise<string> =>
    printed(trendCommand(scenario, { results: base, limit: 20, metric: 'p50', out: [], ...options }));

  it('shows a line for each result, hints where the level changed, and says that it gates nothing', async () => {
    for (let minute = 0; minute < 24; minute++)
      put(minute, ofP50((minute < 12 ? 10 : 15) + (minute % 3) / 10));
    const text = await trend('burst');
    expect(text).toMatch(/^burst · drop-oldest · p50 ↓\n {2}[▁▂▃▄▅▆▇█]{24}\n/u);
    expect(text).toMatch(/2026-11-21 10:12 .*15 ms.*<- changed\?\n/);
    expect(text).toContain('4 older ones not shown: --limit 0 shows all');
    expect(text).toMatch(
      /• seems to have changed at 2026-11-21 10:12 \(4f2c1e9\): \+49\.5 %, from about\s+10\.1 ms to 15\.1 ms/,
    );
    expect(text.replaceAll(/\s+/g, ' ')).toContain('Shown, never gated');
    expect(text.match(/changed\?/g)).toHaveLength(1);
  });

  it('hints at nothing where there is nothing but noise', async () => {
    for (let minute = 0; minute < 24; minute++) put(minute, ofP50(10 + ((minute * 7919) % 13) / 10));
    expect(await trend('burst')).not.toContain('changed');
  });

  it('never mixes strategies or plans, and leaves out what does not count', async () => {
    put(1, ofP50(10));
    put(2, { ...ofP50(20), strategyName: 'block' });
    const scenario = { ...createRecord().scenario, graceMs: 1 };
    put(3, { ...ofP50(30), scenario });
    put(4, { ...ofP50(40), verdict: { status: 'invalid', reasons: [] } });
    put(5, { ...ofP50(50), partial: true });
    put(6, {}, () => 'damaged');
    const text = await trend(undefined);
    expect(text.match(/^burst · .*/gm)).toHaveLength(3);
    expect(text).toMatch(/burst · drop-oldest · plan [0-9a-f]{7} · p50 ↓/);
    expect(text).toMatch(/10:04 .* invalid\n/);
    expect(text).toMatch(/10:05 .* partial\n/);
    expect(text).not.toMatch(/40 ms|50 ms/);
    expect(text).toContain('1 result could not be read');
    expect(await trend(undefined, { strategy: 'block' })).toMatch(/^burst · block · p50 ↓\n/);
  });

  it('draws no bar where a result has no value, and older ones in the singular', async () => {
    for (let minute = 0; minute < 21; minute++) {
      const isLeftOut = minute === 5 || minute === 20;
      put(minute, { ...ofP50(10 + minute), partial: isLeftOut });
    }
    const text = await trend('burst');
    expect(text.split('\n')[1]).toMatch(/^ {2}[▁▂▃▄▅▆▇█]{5} [▁▂▃▄▅▆▇█]{14} ?$/u);
    expect(text).toContain('  1 older one not shown: --limit 0 shows all\n');
    expect(await trend('burst', { out: ['-'] })).toContain('\n1 older one not shown: --limit 0 shows all\n');
  });

  it('says which scenarios, strategies and plans there are where none has the name, in every form', async () => {
    put(1);
    put(2, { strategyName: 'block' });
    put(3, { scenario: { ...createRecord().scenario, name: 'smoke' }, strategyName: 'unbounded' });
    put(4, {}, () => 'damaged');
    const page = join(base, 't.html');
    for (const form of [{}, { csv: true }, { json: true }, { out: ['-'] }, { out: [page] }]) {
      await expect(trend('smokey', form)).rejects.toMatchObject({
        code: 'BPB_ERR_UNKNOWN_NAME',
        message: "no result has the scenario 'smokey'",
        hints: [
          'did you mean smoke?',
          'one of these: burst, smoke',
          '1 result could not be read: bpbench list results says why',
        ],
      });
    }
    expect(existsSync(page)).toBe(false);
    await expect(trend('burst', { strategy: 'nosuch\n' })).rejects.toMatchObject({
      message: "no result of burst has the strategy 'nosuch '",
      hints: ['one of these: block, drop-oldest', expect.anything()],
    });
    await expect(trend(undefined, { strategy: 'blok' })).rejects.toMatchObject({
      message: "no result has the strategy 'blok'",
      hints: ['did you mean block?', 'one of these: block, drop-oldest, unbounded', expect.anything()],
    });
    await expect(trend('burst', { strategy: 'block', plan: 'zzz' })).rejects.toMatchObject({
      message: "no result of burst · block has the plan 'zzz'",
      hints: [expect.stringMatching(/^one of these: [0-9a-f]{7}$/), expect.anything()],
    });
  });

  it('counts names where there are too many to read', async () => {
    for (let at = 0; at < 25; at++) put(at, { strategyName: `try-${at}` });
    await expect(trend('burst', { strategy: 'block' })).rejects.toMatchObject({
      hints: [expect.stringMatching(/^one of these: try-0, .*, and 5 more$/)],
    });
  });

  it('has nothing to show where nothing was played, and that is no mistake', async () => {
    expect(await trend('burst')).toMatch(/^there is no result to show\n/);
  });

  it('takes a comparison as one point, the median of the runs that count', async () => {
    put(1, ofP50(99));
    const values = (p50: number) => ({ values: { p50 }, id: p50 === 10 ? '00001' : `r${p50}` });
    putComparison(2, {
      runs: [
        runOf('now', 0, values(10)),
        runOf('now', 1, values(12)),
        runOf('now', 2, values(14)),
        runOf('now', 3, { ...values(1000), rejected: 'late' }),
      ],
    });
    const text = await trend('burst');
    expect(text).toMatch(/ 81ab03d +3 +12 ms/);
    expect(text).not.toMatch(/99 ms/);
  });

  it('writes what Apache Otava reads, of one series alone', async () => {
    put(1, ofP50(10));
    put(2, ofP50(12.5));
    expect(await trend('burst', { csv: true })).toBe(
      'time,commit,p50\n2026-11-21T10:01:00.000Z,4f2c1e9,10\n2026-11-21T10:02:00.000Z,4f2c1e9,12.5\n',
    );
    const all = { csv: true, results: base, limit: 20, out: [] };
    const [header, first] = (await printed(trendCommand('burst', all))).split('\n');
    expect(header).toMatch(/^time,commit,deadlineMiss,all\.p99,goodput,rss,/);
    expect(first?.split(',')).toHaveLength(header?.split(',').length ?? 0);
    expect(first).not.toMatch(/inf|null|NaN/i);
    put(3, { strategyName: 'block' });
    await expect(trend('burst', { csv: true })).rejects.toMatchObject({
      hints: [
        expect.stringMatching(/^name one: bpbench trend burst .*--strategy drop-oldest .*--csv$/),
        expect.stringContaining('burst block'),
      ],
    });
    await expect(trend('none', { csv: true })).rejects.toThrow('no result');
  });

  it('names every row so that it can be had alone', async () => {
    put(1, ofP50(10));
    put(2, { ...ofP50(30), scenario: { ...createRecord().scenario, graceMs: 1 } });
    const hint: string = await trend('burst', { csv: true }).catch(({ hints }) => hints[0]);
    const plans = (await trend('burst')).match(/(?<= plan )[0-9a-f]{7}/g) ?? [];
    expect(plans).toContain(/--plan ([0-9a-f]{7})/.exec(hint)?.[1]);
    const found: string[] = [];
    for (const plan of plans) found.push(await trend('burst', { csv: true, plan }));
    expect(found.map((text) => text.split(',').at(-1)).sort()).toEqual(['10\n', '30\n']);
  });

  it('knows its metrics', async () => {
    await expect(trend('burst', { metric: 'p50th' })).rejects.toMatchObject({ code: 'BPB_ERR_UNKNOWN_NAME' });
    put(1);
    expect(await trend('burst', { metric: 'p99(sse slow)' })).toContain('p99(sse slow) ↓');
    const json = JSON.parse(await trend('burst', { json: true }));
    expect(json).toMatchObject({
      metric: 'p50',
      gates: false,
      series: [{ points: [{ runs: 1 }], changes: [] }],
    });
  });

  it('writes each form by the end of its name, and repeats the command that does', async () => {
    for (let minute = 0; minute < 8; minute++) put(minute, ofP50(10 + minute));
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const folder = join(base, '..', `${basename(base)}-out`);
    try {
      const file = (name: string): string => join(folder, 'deep', name);
      const out = [file('t.html'), file('t.md'), file('t.json'), file('t.csv'), `text=${file('t')}`];
      expect(await trend('burst', { out })).toBe('');
      expect(readdirSync(join(folder, 'deep')).sort()).toEqual(['t', 't.csv', 't.html', 't.json', 't.md']);
      const command = `bpbench trend burst --metric p50 --results ${base} -o ${out[0]}`;
      expect(readFileSync(file('t.html'), 'utf8')).toContain(`<code>${command} `);
      expect(readFileSync(file('t.json'), 'utf8')).toBe(await trend('burst', { json: true }));
      expect(readFileSync(file('t.csv'), 'utf8')).toBe(await trend('burst', { csv: true }));
      expect(await trend('burst', { out: ['-'] })).toMatch(/^# Trend\n\n## burst · drop-oldest\n/);
      expect(await trend('burst', { out: ['csv=-'] })).toMatch(/^time,commit,p50\n/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('refuses what it cannot write before it writes anything', async () => {
    put(1, ofP50(10));
    put(2, { ...ofP50(20), strategyName: 'block' });
    await expect(trend('burst', { out: ['t.pdf'] })).rejects.toMatchObject({
      code: 'BPB_ERR_USAGE',
      message: '-o t.pdf: no format has such a name',
      hints: [expect.stringContaining('html (.html, .htm), json (.json), csv (.csv)'), expect.anything()],
    });
    await expect(trend('burst', { out: ['junit=x.xml'] })).rejects.toThrow("there is no format 'junit'");
    await expect(trend('burst', { out: ['-', 'json=-'] })).rejects.toThrow('-o - is given twice');
    const page = join(base, 't.html');
    await expect(trend('burst', { out: [page, join(base, 't.csv')] })).rejects.toThrow(
      'CSV is for results of one',
    );
    expect(existsSync(page)).toBe(false);
    mkdirSync(page);
    await expect(trend('burst', { out: [page] })).rejects.toMatchObject({
      code: 'BPB_ERR_RESULTS_NOT_WRITABLE',
    });
  });

  it('says which metrics there are where nothing has the one it shows', async () => {
    const scenario = createRecord().scenario;
    put(1, { scenario });
    expect((await trend('burst', { metric: 'p99(nobody)' })).replaceAll(/\s+/g, ' ')).toContain(
      'no result has a value of p99(nobody); --metric shows one of these: deadlineMiss, all.p99,',
    );
  });
});
