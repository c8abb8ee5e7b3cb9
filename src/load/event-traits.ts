/** What each published event says of itself: key, flow and class, as the query of `POST /publish`. */
import type { EventMix } from '../core/plan.ts';
import { createRandom } from '../core/random.ts';

/** Draws the next event's query; one seeded stream for each trait, so that changing one leaves the others. */
export function createTraits(mix: EventMix, seed: number): () => string {
  const keys = createRandom(seed, 'events/keys');
  const flows = createRandom(seed, 'events/flows');
  const classes = createRandom(seed, 'events/classes');
  return () => {
    const share = classes.next();
    const klass = share < mix.criticalShare ? 0 : share < mix.criticalShare + mix.sheddableShare ? 2 : 1;
    return `key=${keys.int(mix.keys)}&flow=${flows.int(mix.flows)}&class=${klass}`;
  };
}
