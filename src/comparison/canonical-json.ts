/** One text for each JSON value: RFC 8785, the JSON Canonicalization Scheme. */

/**
 * Keys in the order of their UTF-16 code units, numbers as ECMAScript writes them, no white space. Keys that are
 * `undefined` are left out, as JSON does. RangeError on numbers that JSON cannot say. Lone surrogates, which the RFC
 * refuses, stay escaped: texts come from anybody's files.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new RangeError(`canonical JSON has no number ${value}`);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, member]) => `${canonicalJson(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
