/** A part that is wrong on purpose, and the check that has to notice. */
export interface Mutant {
  /** Of the catalogue's properties, such as `P9`, or `specimen`. */
  readonly property: string;
  /** The words of the catalogue, or the specimen's name. */
  readonly name: string;
  /** Plays the mutant against its property alone: what stopped it, or `undefined` when it lived. */
  kill(): Promise<string | undefined> | string | undefined;
  /** The same check on the sound part: must answer `undefined`, or the kill above proves nothing. */
  spare(): Promise<string | undefined> | string | undefined;
}
