/** What one batch of a simulation adds up to. Times are nanoseconds, areas are items (or age) times nanoseconds. */

export interface Batch {
  durationNs: number;
  /** How much longer than their law says the arrivals took, and the services that began; 0 in the mean. */
  arrivalSurplusNs: number;
  serviceSurplusNs: number;
  offered: number;
  dropped: number;
  coalesced: number;
  /** Items that left the queue for a server. */
  taken: number;
  /** Moments at which one or more were taken. */
  frames: number;
  finished: number;
  waitNs: number;
  /** In the system, of finished items. */
  sojournNs: number;
  /** Waited in vain, of dropped items. */
  evictedWaitNs: number;
  /** From the first item since the last departure of its key to the departure. */
  sinceFirstNs: number;
  depthArea: number;
  servingArea: number;
  ageArea: number;
  /** Summed over keys. */
  keyAgeArea: number;
  classOffered: number[];
  /** Dropped or failed. */
  classLost: number[];
  classTaken: number[];
  classWaitNs: number[];
}

/** Classes are 0 to 7. */
export const SIMULATED_CLASSES = 8;

export function createBatch(): Batch {
  const perClass = () => new Array<number>(SIMULATED_CLASSES).fill(0);
  return {
    durationNs: 0,
    arrivalSurplusNs: 0,
    serviceSurplusNs: 0,
    offered: 0,
    dropped: 0,
    coalesced: 0,
    taken: 0,
    frames: 0,
    finished: 0,
    waitNs: 0,
    sojournNs: 0,
    evictedWaitNs: 0,
    sinceFirstNs: 0,
    depthArea: 0,
    servingArea: 0,
    ageArea: 0,
    keyAgeArea: 0,
    classOffered: perClass(),
    classLost: perClass(),
    classTaken: perClass(),
    classWaitNs: perClass(),
  };
}

/**
 * Age of information, integrated exactly: while the newest delivered item was generated at g, the age at t is
 * t − g, so between two moments the area is a trapezoid.
 */
export class AgeIntegral {
  private generatedNs = 0;
  private untilNs = 0;

  /** The area since the last call. */
  advance(nowNs: number): number {
    const area = (nowNs - this.untilNs) * ((nowNs + this.untilNs) / 2 - this.generatedNs);
    this.untilNs = nowNs;
    return area;
  }

  /** An item generated at `generatedNs` has arrived; an older one than known changes nothing. */
  update(generatedNs: number): void {
    if (generatedNs > this.generatedNs) this.generatedNs = generatedNs;
  }
}

/** Two running 32-bit hashes over whole numbers: enough to tell any two sequences apart that a bug would make. */
export class SequenceDigest {
  private a = 0x811c9dc5;
  private b = 0x9e3779b9;

  add(value: number): void {
    this.a = Math.imul(this.a ^ (value | 0), 0x01000193);
    this.b = (Math.imul(this.b ^ (this.b >>> 15), 0x85ebca6b) + (value | 0)) | 0;
  }

  toString(): string {
    return [this.a, this.b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
