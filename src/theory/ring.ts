/** A broadcast ring of R slots that is written faster (λ) than one reader reads (μ). Fluid; Poisson input lags later. */
import { requireBelow, requirePositive, requireWhole } from './arguments.ts';

export interface RingFigures {
  readonly firstLagSec: number;
  /** Share of what is written that the reader never gets: (λ−μ)/λ in both modes. */
  readonly lossRatio: number;
  readonly lagsPerSec: number;
  /** Age of what it reads. */
  readonly ageSec: number;
}

/**
 * First lag after R/(λ−μ). A lapped reader goes on at the oldest kept item: it is lapped again at once, up to
 * min(μ, λ−μ) times per second, age R/λ. Or at the latest: (λ−μ)/R times per second, age R/(2λ). R is the
 * *effective* capacity (some rings round up to a power of two). Range: λ > μ.
 */
export function ringLag(
  resume: 'oldest' | 'latest',
  arrivalsPerSec: number,
  servicesPerSec: number,
  slots: number,
): RingFigures {
  requirePositive('arrivalsPerSec', arrivalsPerSec);
  requirePositive('servicesPerSec', servicesPerSec);
  requireBelow('servicesPerSec', servicesPerSec, 'arrivalsPerSec', arrivalsPerSec);
  requireWhole('slots', slots, 1);
  const excessPerSec = arrivalsPerSec - servicesPerSec;
  const common = { firstLagSec: slots / excessPerSec, lossRatio: excessPerSec / arrivalsPerSec };
  return resume === 'oldest'
    ? { ...common, lagsPerSec: Math.min(servicesPerSec, excessPerSec), ageSec: slots / arrivalsPerSec }
    : { ...common, lagsPerSec: excessPerSec / slots, ageSec: slots / (2 * arrivalsPerSec) };
}
