/** From `a,k=v + b` to its stages, each a name and its settings; knows names that have a + of their own. */

export interface StageText {
  readonly name: string;
  /** `key=value` as typed, without blanks around. */
  readonly settings: readonly string[];
}

/**
 * Splits at each `+`, except where the words around it are one known name: `priority+aging`. Such a name is
 * written without blanks: with them, it is two stages.
 */
export function splitStages(text: string, isKnown: (name: string) => boolean): StageText[] {
  const pieces = text.split('+');
  const stages: StageText[] = [];
  for (let from = 0; from < pieces.length; ) {
    let to = pieces.length;
    while (to > from + 1 && !isKnown(nameOf(pieces.slice(from, to)))) to--;
    const [name = '', ...settings] = pieces.slice(from, to).join('+').split(',');
    stages.push({ name: name.trim(), settings: settings.map((setting) => setting.trim()) });
    from = to;
  }
  return stages;
}

/** The name that these pieces would be together; settings before the last one make it none. */
function nameOf(pieces: readonly string[]): string {
  const [name = ''] = pieces.join('+').split(',');
  return name.split('+').length === pieces.length ? name.trim() : '';
}
