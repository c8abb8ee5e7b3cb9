/**
 * An experiment: randomised complete blocks, each one run of every arm on one seed. This is the order of things and
 * nothing else; how a run is played, how long to wait before it and what is made of the results comes from outside.
 */
import { BenchError, messageOf } from '../../core/errors.ts';
import type { RunRecord } from '../../core/record.ts';
import type { PlayedRun } from '../play-and-record.ts';
import { isUneven, spreadOf } from './calibration.ts';
import { blockSeed, createOrders, type DrawOrder, type OrderKind } from './order.ts';
import { describeRejection } from './rejection.ts';

/** Share of the blocks that may be played again because one of their runs is invalid. */
const REPLAY_SHARE = 0.3;
/** A calibration that is off is taken again after a rest: a passing disturbance is no other processor. */
const CALIBRATION_TRIES = 3;

export interface ExperimentPlan {
  /** Names of the arms, at least one, all different. */
  readonly arms: readonly string[];
  /** Blocks until the first look; `single` plays one block, waits for nothing and repeats nothing. */
  readonly blocks: number | 'single';
  /** How often the data may be looked at, 1 to 3: after n, 2n and 3n blocks. */
  readonly looks: number;
  readonly order: OrderKind;
  readonly seed: number;
}

/** One run that is about to be played. */
export interface RunSlot {
  /** Index of the arm. */
  readonly arm: number;
  readonly block: number;
  /** From 0, in the order of play. */
  readonly position: number;
  /** Of the block: its arms play the same arrivals. */
  readonly seed: number;
  /** Blocks that are planned up to the next look. */
  readonly blocks: number;
  /** How often this block was played before. */
  readonly replay: number;
}

export interface ExperimentParts {
  play(slot: RunSlot): Promise<PlayedRun>;
  /** Milliseconds of the calibration kernel. */
  calibrate(): number;
  /** Waits for a calm host; never rejects. */
  settle(): Promise<unknown>;
  /** Whether another look is worth its blocks; asked only while one is left. */
  isUndecided(soFar: ExperimentOutcome): boolean;
  /** Aborted with the signal's name as reason. */
  readonly interrupt: AbortSignal;
  /** After each whole block, with all there is. */
  onBlock?(soFar: ExperimentOutcome): void;
}

export interface ExperimentRun {
  readonly arm: string;
  readonly block: number;
  readonly record: RunRecord;
  /** `null` when nothing was to be written. */
  readonly folder: string | null;
  /** `null`: counts. Else why this run, and with it its block, does not. */
  readonly rejected: string | null;
}

export interface ExperimentOutcome {
  /** In the order of play. */
  readonly runs: readonly ExperimentRun[];
  /** Arms as they were played, by block; blocks that were played again included. */
  readonly order: readonly (readonly string[])[];
  /** Blocks that were to be played up to the last look that was begun. */
  readonly blocksPlanned: number;
  /** Whole blocks that count. */
  readonly blocks: number;
  readonly replayedBlocks: number;
  readonly replayedBlocksMax: number;
  readonly looksUsed: number;
  /**
   * Blocks that count although the processor changed its speed between their runs, and by how much at most, as a share:
   * they were played again for as long as that may be done.
   */
  readonly unevenBlocks: number;
  readonly unevenBy: number;
  readonly interruptedBy: string | null;
  /** What ended the experiment early, or could not be written. */
  readonly failures: readonly BenchError[];
}

/** Plays the plan. Never rejects: what was played before a failure is in the outcome, with the failure. */
export async function playExperiment(
  plan: ExperimentPlan,
  parts: ExperimentParts,
): Promise<ExperimentOutcome> {
  return await new Experiment(plan, parts).play();
}

/** A run as it was played. */
interface Played {
  readonly slot: RunSlot;
  readonly run: PlayedRun;
  readonly calibrationMs: number | null;
}

interface Block {
  readonly number: number;
  readonly order: readonly number[];
  readonly played: Played[];
}

class Experiment {
  readonly #plan: ExperimentPlan;
  readonly #parts: ExperimentParts;
  readonly #drawOrder: DrawOrder;
  readonly #blocks: Block[] = [];
  readonly #failures: BenchError[] = [];
  #target: number;
  #looksUsed = 1;
  #isBroken = false;
  /** Nothing will be played any more. */
  #isDone = false;

  constructor(plan: ExperimentPlan, parts: ExperimentParts) {
    this.#plan = plan;
    this.#parts = parts;
    this.#drawOrder = createOrders(plan.seed, plan.arms.length, plan.order);
    this.#target = plan.blocks === 'single' ? 1 : plan.blocks;
  }

  async play(): Promise<ExperimentOutcome> {
    for (let next = this.#nextBlock(); next !== null; next = this.#nextBlock()) {
      await this.#playBlock(next);
      if (this.#isOver) break;
      this.#parts.onBlock?.(this.#outcome());
    }
    this.#isDone = true;
    return this.#outcome();
  }

  get #isSingle(): boolean {
    return this.#plan.blocks === 'single';
  }

  get #isOver(): boolean {
    return this.#isBroken || this.#parts.interrupt.aborted;
  }

  get #replaysMax(): number {
    return this.#isSingle ? 0 : Math.ceil(REPLAY_SHARE * this.#target);
  }

  get #replaysLeft(): number {
    return this.#replaysMax - this.#countReplays();
  }

  /** The number of the block to play: new ones first, then those that do not count. `null`: nothing is left to do. */
  #nextBlock(): number | null {
    const latest = this.#blocks.filter((block) => this.#isLatest(block));
    const bad = latest.filter((block) => !this.#isSound(block));
    // More than may be played again: nothing would make the experiment valid any more.
    if (bad.length > this.#replaysLeft) return null;
    if (latest.length < this.#target) return latest.length;
    const [again] = [...bad, ...latest.filter(isUnevenBlock)];
    if (again !== undefined && this.#replaysLeft > 0) return again.number;
    const { looks, blocks } = this.#plan;
    if (blocks === 'single' || this.#looksUsed >= looks) return null;
    if (!this.#parts.isUndecided(this.#outcome())) return null;
    this.#looksUsed++;
    this.#target += blocks;
    return this.#nextBlock();
  }

  async #playBlock(number: number): Promise<void> {
    const replay = this.#blocks.filter((block) => block.number === number).length;
    const block: Block = { number, order: this.#drawOrder(), played: [] };
    this.#blocks.push(block);
    const seed = blockSeed(this.#plan.seed, number);
    for (const [position, arm] of block.order.entries()) {
      const calibrationMs = this.#isSingle ? null : await this.#prepare(block);
      if (this.#isOver) return;
      const slot: RunSlot = { arm, block: number, position, seed, replay, blocks: this.#target };
      try {
        const run = await this.#parts.play(slot);
        block.played.push({ slot, run, calibrationMs });
        this.#failures.push(...run.failures);
        // A run that broke off is no sample, and the next one would hardly fare better; a full disk costs files alone.
        if (run.record.partial) this.#isBroken = true;
      } catch (thrown) {
        const isTold = thrown instanceof BenchError;
        this.#failures.push(
          isTold ? thrown : new BenchError('BPB_ERR_INTERNAL', messageOf(thrown), { cause: thrown }),
        );
        this.#isBroken = true;
      }
      if (this.#isOver) return;
    }
  }

  /** A calm host, and a processor as it was for the other runs of the block, if it can be had. */
  async #prepare(block: Block): Promise<number> {
    for (let tries = 1; ; tries++) {
      await this.#parts.settle();
      const ms = this.#parts.calibrate();
      const isLast = tries === CALIBRATION_TRIES || this.#isOver;
      if (isLast || !isUneven([...calibrationsOf(block), ms])) return ms;
    }
  }

  /** Whole, not played again since, and no run of it is invalid. */
  #isSound(block: Block): boolean {
    return (
      block.played.length === block.order.length &&
      this.#isLatest(block) &&
      block.played.every(({ run }) => describeRejection(run.record) === null)
    );
  }

  /** An uneven block counts too once it cannot be played again: who came first was a coin's choice. */
  #counts(block: Block): boolean {
    return this.#isSound(block) && (!isUnevenBlock(block) || this.#isDone || this.#replaysLeft <= 0);
  }

  /** Of the same number: what was played again never counts, whatever the median of the calibrations becomes. */
  #isLatest(block: Block): boolean {
    return this.#blocks.findLast(({ number }) => number === block.number) === block;
  }

  #countReplays(): number {
    return this.#blocks.length - new Set(this.#blocks.map(({ number }) => number)).size;
  }

  #nameOf(arm: number): string {
    return this.#plan.arms[arm] as string;
  }

  /** Why a whole block does not count; `culprit` is the first arm whose run does not, if there is one. */
  #whyNot(block: Block, culprit: number | undefined): string | null {
    if (culprit !== undefined) return `its block does not count, because of ${this.#nameOf(culprit)}`;
    if (block.played.length < block.order.length) return 'its block was not played to the end';
    if (!this.#isLatest(block)) return 'its block was played again';
    return this.#counts(block) ? null : 'the processor changed its speed between the runs of its block';
  }

  #outcome(): ExperimentOutcome {
    const good = this.#blocks.filter((block) => this.#counts(block));
    const uneven = good.filter(isUnevenBlock);
    const runs = this.#blocks.flatMap((block) => {
      const reasons = block.played.map(({ run }) => describeRejection(run.record));
      const culprit = reasons.findIndex((reason) => reason !== null);
      // One run each stands for itself; what is paired goes with its pair.
      const ofBlock = this.#isSingle ? null : this.#whyNot(block, block.order[culprit]);
      return block.played.map(({ slot, run }, at) => ({
        arm: this.#nameOf(slot.arm),
        block: block.number,
        record: run.record,
        folder: run.folder,
        rejected: reasons[at] ?? ofBlock,
      }));
    });
    const { interrupt } = this.#parts;
    return {
      runs,
      order: this.#blocks.map(({ order, played }) =>
        order.slice(0, played.length).map((arm) => this.#nameOf(arm)),
      ),
      blocksPlanned: this.#target,
      blocks: good.length,
      replayedBlocks: this.#countReplays(),
      replayedBlocksMax: this.#replaysMax,
      looksUsed: this.#looksUsed,
      unevenBlocks: uneven.length,
      unevenBy: Math.max(0, ...uneven.map((block) => spreadOf(calibrationsOf(block)))),
      interruptedBy: interrupt.aborted ? String(interrupt.reason) : null,
      failures: [...this.#failures],
    };
  }
}

function calibrationsOf({ played }: Block): number[] {
  return played.flatMap(({ calibrationMs }) => (calibrationMs === null ? [] : [calibrationMs]));
}

function isUnevenBlock(block: Block): boolean {
  return isUneven(calibrationsOf(block));
}
