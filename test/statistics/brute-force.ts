/** The definitions themselves, slow and without cleverness: what the fast functions are held against. */

/** Share of all 2^n sign flips of the differences whose W⁺ is at least the real one. */
export function signedRankPByFlips(differences: readonly number[]): number {
  const ranks = meanRanks(differences.map(Math.abs));
  const rankSum = (isAbove: (i: number) => boolean) =>
    ranks.reduce((sum, rank, i) => (differences[i] !== 0 && isAbove(i) ? sum + rank : sum), 0);
  const observed = rankSum((i) => (differences[i] as number) > 0);
  const flips = 2 ** differences.length;
  let asLarge = 0;
  for (let flip = 0; flip < flips; flip++) {
    if (rankSum((i) => (flip >> i) % 2 === 1) >= observed) asLarge++;
  }
  return asLarge / flips;
}

/** Share of all ways to name b.length of the values `b` whose pairs with b above a are at least as many. */
export function mannWhitneyPByChoices(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b];
  const wins = (isB: (i: number) => boolean) => {
    let u = 0;
    all.forEach((x, i) => {
      all.forEach((y, j) => {
        if (isB(i) && !isB(j)) u += x > y ? 1 : x === y ? 0.5 : 0;
      });
    });
    return u;
  };
  const observed = wins((i) => i >= a.length);
  let choices = 0;
  let asLarge = 0;
  for (let choice = 0; choice < 2 ** all.length; choice++) {
    if (bits(choice) !== b.length) continue;
    choices++;
    if (wins((i) => (choice >> i) % 2 === 1) >= observed) asLarge++;
  }
  return asLarge / choices;
}

/** 1 + how many are smaller + half of the others that are equal. */
export function meanRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const smaller = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return smaller + (equal + 1) / 2;
  });
}

function bits(value: number): number {
  return [...value.toString(2)].filter((bit) => bit === '1').length;
}
