/** Text that was cut to a bound, and says so. */

/** What ends a text that goes on. */
export const CUT_MARK = '...';

/** The length of the longest start of `bytes` up to `limit` that ends between two characters of UTF-8. */
export function wholeCharacters(bytes: Uint8Array, limit = bytes.length): number {
  const end = Math.min(limit, bytes.length);
  // A character has at most three bytes after its first.
  let start = end - 1;
  while (start > end - 4 && start > 0 && isContinuation(bytes[start])) start--;
  if (start < 0 || end - start >= lengthOf(bytes[start] as number)) return end;
  return start;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

/** Bytes of the character that begins so; 1 for a byte that begins none. */
function lengthOf(first: number): number {
  if (first >= 0xf0 && first < 0xf8) return 4;
  if (first >= 0xe0) return first < 0xf0 ? 3 : 1;
  return first >= 0xc0 ? 2 : 1;
}
