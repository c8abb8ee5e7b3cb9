/** A mean that forgets: plain over the first samples, exponential with weight 2/(n + 1) from then on. */
export class SmoothedMean {
  value = 0;
  private readonly weight: number;
  private readonly warmUpSamples: number;
  private samples = 0;

  constructor(windowSamples: number, warmUpSamples: number) {
    this.weight = 2 / (windowSamples + 1);
    this.warmUpSamples = warmUpSamples;
  }

  add(sample: number): void {
    const isWarm = this.samples >= this.warmUpSamples;
    if (!isWarm) this.samples++;
    this.value += (sample - this.value) * (isWarm ? this.weight : 1 / this.samples);
  }

  scale(factor: number): void {
    this.value *= factor;
  }
}
