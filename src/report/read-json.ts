/** JSON that somebody else may have written, as values whose keys can be trusted. */

/** `JSON.parse`, and a SyntaxError for what {@link hasProtoKey} finds. */
export function readJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (hasProtoKey(value, text)) throw new SyntaxError('a key is called __proto__');
  return value;
}

/**
 * Whether a key of `value`, which is `text` parsed, is called `__proto__`, however deep. Nothing of ours has that name,
 * schemas pass over it unread, and looking it up elsewhere finds what every object inherits.
 */
export function hasProtoKey(value: unknown, text: string): boolean {
  // Written out or with escapes: a look at the text is cheaper than at every key.
  if (!text.includes('__proto__') && !text.includes('\\u00')) return false;
  const rest = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (Object.hasOwn(next, '__proto__')) return true;
    for (const member of Object.values(next)) rest.push(member);
  }
  return false;
}
