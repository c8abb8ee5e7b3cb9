/** Which octets may stand where in HTTP/1.1 (RFC 9110 §5.6.2, §5.5): tables for bytes, tests for text. */

export const HTAB = 9;
export const LF = 10;
export const CR = 13;
export const SP = 32;
export const COLON = 58;
export const SEMICOLON = 59;

function tableOf(holds: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (holds(byte) ? 1 : 0));
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const NOT_TEXT = /[^\t\x20-\x7e\x80-\xff]/;
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/** 1 for the octets of a token: methods and field names. */
export const TOKEN_OCTETS: Uint8Array = tableOf((byte) => TOKEN.test(String.fromCharCode(byte)));

/** 1 for the octets of field values, reasons and chunk extensions: visible ones, blanks and obs-text. */
export const TEXT_OCTETS: Uint8Array = tableOf((byte) => !NOT_TEXT.test(String.fromCharCode(byte)));

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Whether `text` can be sent as a field value: one line, and nothing that Latin-1 would turn into another octet. */
export function isFieldValue(text: string): boolean {
  return !NOT_TEXT.test(text);
}

export function isTarget(text: string): boolean {
  return TARGET.test(text);
}
