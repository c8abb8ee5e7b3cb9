import { describe, expect, it } from 'vitest';
import { run } from '../src/index.ts';

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
