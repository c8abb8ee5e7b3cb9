/** Seeded noise for simulations. */
import { createRandom, type Random } from '../../src/core/random.ts';

export interface Noise {
  random: Random;
  normal(): number;
  /** Student's t with 3 degrees of freedom: now and then a value far out. Its standard deviation is √3. */
  heavy(): number;
}

export function createNoise(seed: number, label: string): Noise {
  const random = createRandom(seed, label);
  const normal = (): number => {
    // Box and Muller 1958; 1 − u, for the logarithm of 0 is none.
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    return radius * Math.cos(2 * Math.PI * random.next());
  };
  const heavy = (): number => {
    const chi2 = normal() ** 2 + normal() ** 2 + normal() ** 2;
    return normal() / Math.sqrt(chi2 / 3);
  };
  return { random, normal, heavy };
}

/** Share of `rounds` in which `play` says yes. */
export function shareOf(rounds: number, play: () => boolean): number {
  let yes = 0;
  for (let round = 0; round < rounds; round++) if (play()) yes++;
  return yes / rounds;
}

/** Half-width of the band in which a share out of `rounds` lies by chance: 3.5 standard errors, once in 2,000 outside. */
export function bandOf(probability: number, rounds: number): number {
  return 3.5 * Math.sqrt((probability * (1 - probability)) / rounds);
}
