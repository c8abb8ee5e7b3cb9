/** From flags to what a comparison is judged by; everything that can be wrong with them is told before anything runs. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Judging } from '../conductor/experiment/judge-experiment.ts';
import { BenchError } from '../core/errors.ts';
import type { FoundBaseline } from './compare-baseline.ts';
import type { JudgingOptions } from './compare-options.ts';

/**
 * Errors: BPB_ERR_USAGE for flags that do not go together. What metrics, needs and expectations say is read by
 * whoever judges.
 */
export function toJudging(options: JudgingOptions, baseline: FoundBaseline): Judging {
  const { reference, need, expect, margin, gate } = options;
  return {
    ...(reference === undefined ? {} : { reference }),
    metrics: {
      margins: margin,
      gates: gate === false ? [] : gate,
      notGated: gate === false ? ['*'] : [],
    },
    needs: need,
    expectations: expect,
    gate: {
      isStrict: options.strict === true,
      allowUnpaired: options.allowUnpaired === true,
      ...readMaxMde(options.maxMde),
    },
    baseline: baseline === 'missing' ? null : baseline,
    isBaselineMissing: baseline === 'missing',
  };
}

/** Whether the flags ask for a judgement that a single run's record cannot hold. */
export function asksForComparison(options: JudgingOptions): boolean {
  const { need, expect, baseline, saveBaseline } = options;
  return need.length > 0 || expect.length > 0 || baseline !== undefined || saveBaseline !== undefined;
}

/** Of a single run, which nothing is compared with. Errors: BPB_ERR_USAGE for flags that would do nothing. */
export function refuseForOne(options: JudgingOptions): void {
  const { margin, gate, strict, maxMde, allowUnpaired, reference } = options;
  const idle = Object.entries({
    '--margin': margin.length > 0,
    '--gate': gate !== false && gate.length > 0,
    '--no-gate': gate === false,
    '--strict': strict === true,
    '--max-mde': maxMde !== undefined,
    '--allow-unpaired': allowUnpaired === true,
    '--reference': reference !== undefined,
  }).flatMap(([flag, isGiven]) => (isGiven ? [flag] : []));
  if (idle.length === 0) return;
  throw new BenchError(
    'BPB_ERR_USAGE',
    `${idle.join(' and ')}: nothing is compared, as one run of one strategy is played`,
    {
      hints: [
        'add --repeat 10, another --strategy, or --baseline',
        "for a limit on one run: --fail-if 'p99>50ms'",
      ],
    },
  );
}

/** Asked before anything is played. Errors: BPB_ERR_USAGE. */
export function checkCalibration({ calibration }: JudgingOptions, arms: readonly string[]): void {
  if (calibration === undefined || (arms.length > 1 && arms.includes(calibration))) return;
  throw new BenchError(
    'BPB_ERR_USAGE',
    `there is no arm '${calibration}' beside another one to calibrate by`,
    {
      hints: [
        `the arms: ${arms.join(', ')}`,
        'play it too: --strategy <the one compared> --strategy <that one>',
      ],
    },
  );
}

/** Errors: BPB_ERR_USAGE. */
export function checkSaving({ saveBaseline, acceptedBy, reason, calibration }: JudgingOptions): void {
  const isNamed = (text: string | undefined): boolean => text !== undefined && text.trim() !== '';
  if (saveBaseline !== undefined && !(isNamed(acceptedBy) && isNamed(reason))) {
    throw new BenchError('BPB_ERR_USAGE', '--save-baseline expects somebody who accepts it, and a reason', {
      hints: [`--save-baseline ${saveBaseline} --accepted-by Ann --reason 'release 1.4'`],
    });
  }
  if (saveBaseline !== undefined && !existsSync(dirname(resolve(saveBaseline)))) {
    throw new BenchError('BPB_ERR_USAGE', `--save-baseline ${saveBaseline}: there is no such folder`);
  }
  const given = [acceptedBy, reason, calibration];
  if (saveBaseline === undefined && given.some((one) => one !== undefined)) {
    throw new BenchError(
      'BPB_ERR_USAGE',
      '--accepted-by, --reason and --calibration go with --save-baseline',
      {
        hints: ['--save-baseline burst.bpbaseline.json'],
      },
    );
  }
}

function readMaxMde(text: string | undefined): { maxMinimumDetectable?: number } {
  if (text === undefined) return {};
  const margins = Number(text);
  if (Number.isFinite(margins) && margins > 0) return { maxMinimumDetectable: margins };
  throw new BenchError('BPB_ERR_USAGE', `--max-mde expects a number of margins above 0, got '${text}'`, {
    hints: ['--max-mde 4'],
  });
}
