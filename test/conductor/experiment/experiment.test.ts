/** The order of an experiment with a player that plays nothing: blocks, seeds, replays, looks, interrupts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ExperimentOutcome,
  type ExperimentParts,
  type ExperimentPlan,
  playExperiment,
  type RunSlot,
} from '../../../src/conductor/experiment/experiment.ts';
import { blockSeed } from '../../../src/conductor/experiment/order.ts';
import type { PlayedRun } from '../../../src/conductor/play-and-record.ts';
import { BenchError } from '../../../src/core/errors.ts';
import type { RunRecord, VerdictStatus } from '../../../src/core/record.ts';
import { createRecord } from '../../report/fixtures.ts';

const TWO: ExperimentPlan = { arms: ['a', 'b'], blocks: 4, looks: 1, order: 'random', seed: 7 };

interface Script {
  /** By number of the run, from 0. */
  status?(run: number, slot: RunSlot): VerdictStatus;
  calibration?(call: number): number;
  onRun?(run: number): void;
  change?(run: number): Partial<RunRecord>;
  failures?(run: number): BenchError[];
}

function createParts(script: Script, isUndecided: ExperimentParts['isUndecided'] = () => false) {
  const slots: RunSlot[] = [];
  const interrupt = new AbortController();
  let calibrations = 0;
  const parts: ExperimentParts = {
    async play(slot): Promise<PlayedRun> {
      const run = slots.push(slot) - 1;
      script.onRun?.(run);
      const status = script.status?.(run, slot) ?? 'pass';
      const record = createRecord({
        seed: slot.seed,
        verdict: {
          status,
          reasons: status === 'invalid' ? [{ code: 'ledger', message: 'one is missing' }] : [],
        },
        ...script.change?.(run),
      });
      return { record, folder: null, timeline: [], failures: script.failures?.(run) ?? [] };
    },
    calibrate: () => script.calibration?.(calibrations++) ?? 20,
    settle: async () => {},
    isUndecided,
    interrupt: interrupt.signal,
  };
  return { parts, slots, interrupt };
}

const counted = ({ runs }: ExperimentOutcome) => runs.filter(({ rejected }) => rejected === null);

describe('blocks', () => {
  it('hold one run of every arm, on one seed of their own', async () => {
    const { parts, slots } = createParts({});
    const outcome = await playExperiment(TWO, parts);
    expect(slots.map(({ block }) => block)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    for (let block = 0; block < 4; block++) {
      const [first, second] = slots.filter((slot) => slot.block === block);
      expect(new Set([first?.arm, second?.arm])).toEqual(new Set([0, 1]));
      expect(first?.seed).toBe(second?.seed);
    }
    expect(new Set(slots.map(({ seed }) => seed)).size).toBe(4);
    expect(slots[0]?.seed).toBe(7); // one block is what `run` without --repeat plays
    expect(outcome).toMatchObject({ blocks: 4, blocksPlanned: 4, replayedBlocks: 0, looksUsed: 1 });
    expect(outcome.order).toHaveLength(4);
    expect(counted(outcome)).toHaveLength(8);
  });

  it('are in an order that the seed alone decides, and not always in the same one', async () => {
    const play = async (seed: number) =>
      (await playExperiment({ ...TWO, seed, blocks: 10 }, createParts({}).parts)).order;
    expect(await play(1)).toEqual(await play(1));
    expect(await play(1)).not.toEqual(await play(2));
    const firsts = (await play(1)).map(([first]) => first);
    expect(new Set(firsts)).toEqual(new Set(['a', 'b']));
  });

  it('never share a seed', () => {
    const seeds = Array.from({ length: 1000 }, (_, block) => blockSeed(4711, block));
    expect(new Set(seeds).size).toBe(1000);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
  });
});

describe('a run that does not count', () => {
  it('is played again with its whole block, on the same seed', async () => {
    const { parts, slots } = createParts({ status: (run) => (run === 3 ? 'invalid' : 'pass') });
    const outcome = await playExperiment(TWO, parts);
    expect(outcome).toMatchObject({ blocks: 4, replayedBlocks: 1, replayedBlocksMax: 2 });
    expect(slots.filter(({ block }) => block === 1).map(({ replay }) => replay)).toEqual([0, 0, 1, 1]);
    expect(new Set(slots.filter(({ block }) => block === 1).map(({ seed }) => seed)).size).toBe(1);
    const rejected = outcome.runs.flatMap((run) => (run.rejected === null ? [] : [run.rejected]));
    expect(rejected).toHaveLength(2);
    expect(rejected).toContain('invalid: one is missing');
    expect(rejected).toContainEqual(expect.stringMatching(/^its block does not count, because of [ab]$/));
  });

  it('is played again when the others are done, three times in ten at most', async () => {
    const { parts, slots } = createParts({ status: (run) => (run === 0 || run === 4 ? 'invalid' : 'pass') });
    const outcome = await playExperiment({ ...TWO, blocks: 10 }, parts);
    expect(outcome).toMatchObject({ blocks: 10, replayedBlocks: 2, replayedBlocksMax: 3 });
    expect(slots.slice(-4).map(({ block }) => block)).toEqual([0, 0, 2, 2]);
  });

  it('that comes back too often ends the experiment: nobody waits for what cannot become valid', async () => {
    const { parts, slots } = createParts({ status: (_, { arm }) => (arm === 1 ? 'invalid' : 'pass') });
    const outcome = await playExperiment({ ...TWO, blocks: 10 }, parts);
    expect(outcome).toMatchObject({ blocks: 0, blocksPlanned: 10, replayedBlocks: 0, replayedBlocksMax: 3 });
    expect(slots).toHaveLength(8);
    expect(counted(outcome)).toEqual([]);
  });

  it('may be one between whose runs the processor changed its speed', async () => {
    // Off at all three tries before the second run.
    const { parts, slots } = createParts({ calibration: (call) => (call >= 1 && call <= 3 ? 22 : 20) });
    const outcome = await playExperiment(TWO, parts);
    expect(outcome).toMatchObject({ blocks: 4, replayedBlocks: 1, unevenBlocks: 0, unevenBy: 0 });
    expect(slots.slice(-2).map(({ block }) => block)).toEqual([0, 0]);
    expect(outcome.runs[1]?.rejected).toBe('its block was played again');
  });

  it('is none where a processor is slower for a whole block: that cancels in the pair', async () => {
    const { parts } = createParts({ calibration: (call) => (call < 4 ? 20 : 36) });
    expect(await playExperiment(TWO, parts)).toMatchObject({ blocks: 4, replayedBlocks: 0, unevenBlocks: 0 });
  });

  it('counts where the processor never holds still, once it cannot be played again', async () => {
    // One calibration before the first run of a block, three before the second.
    const { parts } = createParts({ calibration: (call) => (call % 4 === 0 ? 20 : 36) });
    const outcome = await playExperiment(TWO, parts);
    expect(outcome).toMatchObject({ blocks: 4, replayedBlocks: 2, replayedBlocksMax: 2, unevenBlocks: 4 });
    expect(outcome.unevenBy).toBeCloseTo(0.8, 12);
    expect(counted(outcome)).toHaveLength(8);
  });

  it('is spared where a second look at the processor shows nothing', async () => {
    const { parts } = createParts({ calibration: (call) => (call === 5 ? 30 : 20) });
    expect(await playExperiment(TWO, parts)).toMatchObject({ blocks: 4, replayedBlocks: 0 });
  });

  it('stands for itself without --repeat: the others keep their runs, and nothing is played again', async () => {
    const { parts, slots } = createParts({ status: (run) => (run === 0 ? 'invalid' : 'pass') });
    const outcome = await playExperiment({ ...TWO, blocks: 'single' }, parts);
    expect(slots).toHaveLength(2);
    expect(outcome.runs.map(({ rejected }) => rejected === null)).toEqual([false, true]);
  });

  it('never leaves two good runs of one arm in one block', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(19, 20, 20, 20, 21, 23), { minLength: 1, maxLength: 40 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
        async (calibrations, invalids) => {
          const { parts } = createParts({
            calibration: (call) => calibrations[call % calibrations.length] as number,
            status: (run) => (invalids[run % invalids.length] ? 'invalid' : 'pass'),
          });
          const outcome = await playExperiment({ ...TWO, blocks: 5 }, parts);
          const good = counted(outcome);
          expect(new Set(good.map(({ arm, block }) => `${arm} ${block}`)).size).toBe(good.length);
          expect(good.length).toBe(outcome.blocks * 2);
          expect(outcome.replayedBlocks).toBeLessThanOrEqual(outcome.replayedBlocksMax);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('looks', () => {
  it('go on to 2n and 3n blocks while the result is open, and no further', async () => {
    const seen: number[] = [];
    const { parts } = createParts({}, ({ blocks }) => {
      seen.push(blocks);
      return true;
    });
    const outcome = await playExperiment({ ...TWO, looks: 3 }, parts);
    expect(seen).toEqual([4, 8]);
    expect(outcome).toMatchObject({ blocks: 12, blocksPlanned: 12, looksUsed: 3 });
  });

  it('end as soon as the result is not open any more', async () => {
    const { parts } = createParts({}, ({ blocks }) => blocks < 8);
    expect(await playExperiment({ ...TWO, looks: 3 }, parts)).toMatchObject({ blocks: 8, looksUsed: 2 });
  });
});

describe('an end before its time', () => {
  it('keeps whole blocks after Ctrl-C, and says of the rest why it does not count', async () => {
    const { parts, slots, interrupt } = createParts({
      onRun: (run) => run === 5 && interrupt.abort('SIGINT'),
      change: (run) => (run === 5 ? { partial: true, interruptedBy: 'SIGINT' } : {}),
    });
    const outcome = await playExperiment(TWO, parts);
    expect(slots).toHaveLength(6);
    expect(outcome).toMatchObject({ blocks: 2, blocksPlanned: 4, interruptedBy: 'SIGINT' });
    expect(outcome.runs.slice(4).map(({ rejected }) => rejected)).toEqual([
      expect.stringMatching(/^its block does not count, because of [ab]$/),
      'interrupted by SIGINT',
    ]);
  });

  it('starts no run any more when the signal comes between two', async () => {
    const { parts, slots, interrupt } = createParts({});
    const settled = { ...parts, settle: async () => slots.length === 3 && interrupt.abort('SIGTERM') };
    const outcome = await playExperiment(TWO, settled);
    expect(slots).toHaveLength(3);
    expect(outcome.runs[2]?.rejected).toBe('its block was not played to the end');
  });

  it('keeps what there is when a process cannot be started', async () => {
    const { parts, slots } = createParts({
      onRun(run) {
        if (run === 4) throw new BenchError('BPB_ERR_START_FAILED', 'no port');
      },
    });
    const outcome = await playExperiment(TWO, parts);
    expect(slots).toHaveLength(5);
    expect(outcome.blocks).toBe(2);
    expect(outcome.failures.map(({ code }) => code)).toEqual(['BPB_ERR_START_FAILED']);
  });

  it('comes where a process dies in mid-run: what there is stays', async () => {
    const died = new BenchError('BPB_ERR_PROCESS_DIED', 'the system process ended');
    const { parts, slots } = createParts({
      change: (run) => (run === 2 ? { partial: true, interruptedBy: null } : {}),
      failures: (run) => (run === 2 ? [died] : []),
    });
    const outcome = await playExperiment(TWO, parts);
    expect(slots).toHaveLength(3);
    expect(outcome).toMatchObject({ blocks: 1, failures: [died], interruptedBy: null });
    expect(outcome.runs[2]?.rejected).toMatch(/^broke off/);
  });

  it('is not what a full disk is: files are lost, samples are not', async () => {
    const full = new BenchError('BPB_ERR_WRITE_FAILED', 'no room');
    const { parts } = createParts({ failures: (run) => (run === 1 ? [full] : []) });
    const outcome = await playExperiment(TWO, parts);
    expect(outcome.blocks).toBe(4);
    expect(outcome.failures).toEqual([full]);
  });
});
