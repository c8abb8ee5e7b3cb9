/** Writes the CA's certificate where a client can be pointed to. A certificate alone: its key never leaves memory. */
import { lstatSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { BenchError, messageOf } from '../core/errors.ts';

/**
 * Creates the file at `path` with mode 0600, in a folder that is there. Throws `BPB_ERR_USAGE` where the folder is
 * not, and where a file or a link is there already: nothing is written over, and nothing through a link.
 */
export function writeCertificate(path: string, pem: string): void {
  if (!pem.startsWith('-----BEGIN CERTIFICATE-----') || pem.includes('PRIVATE KEY')) {
    throw new BenchError('BPB_ERR_INTERNAL', 'only a certificate is written to disk');
  }
  const folder = dirname(path);
  try {
    if (lstatSync(folder).isSymbolicLink()) {
      throw new BenchError('BPB_ERR_USAGE', `${folder} is a symbolic link`, {
        hints: ['name the folder itself'],
      });
    }
    writeFileSync(path, pem, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (error instanceof BenchError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new BenchError('BPB_ERR_USAGE', `${path} exists already`, {
        hints: ['remove it, or name another file'],
        cause: error,
      });
    }
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new BenchError('BPB_ERR_USAGE', `the folder ${folder} does not exist`, { cause: error });
    }
    throw new BenchError('BPB_ERR_WRITE_FAILED', `cannot write the CA certificate: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
