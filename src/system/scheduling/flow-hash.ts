import type { Key } from '../channel/entry.ts';

/** A bucket from 0 to `buckets` − 1, the same for the same key in every process (FNV-1a, mixed). */
export function hashFlow(key: Key, buckets: number): number {
  return mix(typeof key === 'number' ? hashNumber(key) : hashText(key)) % buckets;
}

function hashNumber(key: number): number {
  const whole = Math.floor(key);
  return (whole | 0) ^ Math.imul((whole / 4_294_967_296) | 0, 0x9e3779b1) ^ ((key - whole) * 4_294_967_296);
}

function hashText(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash;
}

/** The finish of MurmurHash3: every bit of the input reaches the lower ones. */
function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
