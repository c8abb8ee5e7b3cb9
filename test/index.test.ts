import { describe, expect, it } from 'vitest';
import { type CompareOptions, compare, run } from '../src/index.ts';

describe('run() refuses a strategy before anything is started', () => {
  it.each([
    ['all', 'BPB_ERR_USAGE', "run() plays one strategy, got 'all'"],
    ['blok', 'BPB_ERR_STRATEGY', "unknown strategy 'blok'"],
    ['drop-oldest + lifo', 'BPB_ERR_STRATEGY', 'at sse.client: lifo changes the order'],
    ['./nowhere.yaml', 'BPB_ERR_SCENARIO', 'there is no such file'],
  ])('%s', async (strategy, code, message) => {
    const error = await run('smoke', { strategy, seed: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

describe('compare() refuses what is wrong before anything is started', () => {
  it.each<[string, CompareOptions, string, string]>([
    ['a strategy', { strategies: ['blok'] }, 'BPB_ERR_STRATEGY', "unknown strategy 'blok'"],
    ['a need', { needs: ['speed<3'] }, 'BPB_ERR_UNKNOWN_NAME', 'speed'],
    ['a margin', { margins: ['p98=5%'] }, 'BPB_ERR_UNKNOWN_NAME', "there is no metric 'p98'"],
    ['a gate', { gates: ['p99(nobody)'] }, 'BPB_ERR_UNKNOWN_NAME', "there is no client group 'nobody'"],
    [
      'a reference',
      { strategies: ['block'], reference: 'latest' },
      'BPB_ERR_UNKNOWN_NAME',
      "no arm 'latest'",
    ],
    [
      'a baseline',
      { baseline: './nowhere.json' },
      'BPB_ERR_USAGE',
      'cannot read the baseline ./nowhere.json',
    ],
    [
      'two things to compare with',
      { target: ['http://127.0.0.1:9/'], baselineTarget: ['http://127.0.0.1:9/'], baseline: 'auto' },
      'BPB_ERR_USAGE',
      'expected one of them',
    ],
    [
      'an old service alone',
      { baselineTarget: ['http://127.0.0.1:9/'] },
      'BPB_ERR_UNREACHABLE',
      'nobody answers at http://127.0.0.1:9/',
    ],
  ])('%s', async (_, options, code, message) => {
    const error = await compare('smoke', { seed: 1, ...options }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });
});
