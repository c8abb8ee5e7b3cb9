/**
 * An experiment: randomised complete blocks, each one run of every arm on one seed. This is the order of things and
 * nothing else; how a run is played, how long to wait before it and what is made of the results comes from outside.
 */
import { BenchError, messageOf } from '../../core/errors.ts';
import type { RunRecord } from '../../core/record.ts';
import type { PlayedRun } from '../play-and-record.ts';
import { isDrifting } from './calibration.ts';
import { blockSeed, createOrders, type DrawOrder, type OrderKind } from './order.ts';
import { describeRejection } from './rejection.ts';

/** Share of the blocks that may be played again because one of their runs is invalid. */
const REPLAY_SHARE = 0.3;
/** Calibrations that are off are taken again after a rest: a passing disturbance is no drift. */
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

/** A run as it was played; whether it counts is only known when all calibrations are. */
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

  /** The number of the block to play: new ones first, then those that do not count. `null`: nothing is left to do. */
  #nextBlock(): number | null {
    const good = this.#goodBlocks();
    const played = new Set(this.#blocks.map(({ number }) => number));
    const bad = [...played].filter((number) => !good.has(number));
    // More than may be played again: nothing would make the experiment valid any more.
    if (bad.length > this.#replaysMax - this.#countReplays()) return null;
    if (played.size < this.#target) return played.size;
    if (bad[0] !== undefined) return bad[0];
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
      const calibrationMs = this.#isSingle ? null : await this.#prepare();
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

  /** A calm host, and a calibration that fits those before it, if it can be had. */
  async #prepare(): Promise<number> {
    for (let tries = 1; ; tries++) {
      await this.#parts.settle();
      const ms = this.#parts.calibrate();
      const isLast = tries === CALIBRATION_TRIES || this.#isOver;
      if (isLast || !isDrifting(ms, [...this.#calibrations(), ms])) return ms;
    }
  }

  #calibrations(): number[] {
    return this.#blocks.flatMap(({ played }) =>
      played.flatMap(({ calibrationMs }) => (calibrationMs === null ? [] : [calibrationMs])),
    );
  }

  #goodBlocks(): Set<number> {
    const calibrations = this.#calibrations();
    const good = this.#blocks.filter(
      (block) =>
        block.played.length === block.order.length &&
        this.#isLatest(block) &&
        this.#reasonsOf(block, calibrations).every((reason) => reason === null),
    );
    return new Set(good.map(({ number }) => number));
  }

  /** Of the same number: what was played again never counts, whatever the median of the calibrations becomes. */
  #isLatest(block: Block): boolean {
    return this.#blocks.findLast(({ number }) => number === block.number) === block;
  }

  #countReplays(): number {
    return this.#blocks.length - new Set(this.#blocks.map(({ number }) => number)).size;
  }

  #reasonsOf({ played }: Block, calibrations: readonly number[]): (string | null)[] {
    return played.map(({ run, calibrationMs }) => describeRejection(run.record, calibrationMs, calibrations));
  }

  #nameOf(arm: number): string {
    return this.#plan.arms[arm] as string;
  }

  /** Why a whole block does not count; `culprit` is the first arm whose run does not, if there is one. */
  #whyNot(block: Block, culprit: number | undefined): string | null {
    if (culprit !== undefined) return `its block does not count, because of ${this.#nameOf(culprit)}`;
    if (block.played.length < block.order.length) return 'its block was not played to the end';
    return this.#isLatest(block) ? null : 'its block was played again';
  }

  #outcome(): ExperimentOutcome {
    const calibrations = this.#calibrations();
    const runs = this.#blocks.flatMap((block) => {
      const reasons = this.#reasonsOf(block, calibrations);
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
      blocks: this.#goodBlocks().size,
      replayedBlocks: this.#countReplays(),
      replayedBlocksMax: this.#replaysMax,
      looksUsed: this.#looksUsed,
      interruptedBy: interrupt.aborted ? String(interrupt.reason) : null,
      failures: [...this.#failures],
    };
  }
}
