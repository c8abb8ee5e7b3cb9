/** Single quotes around whatever a POSIX shell would read differently. */
export function quoteForShell(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
