/** Where a run took place: enough to judge whether two records may be compared. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import type { Environment } from '../core/record.ts';
import { readOpenFilesLimit } from '../targets/process-probe.ts';

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
}

/** The project's own package.json, which lies two folders up in a checkout and in the package. */
export function readManifest(): Manifest {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Manifest;
}

export function readEnvironment(): Environment {
  const manifest = readManifest();
  const limit = readOpenFilesLimit();
  return {
    bpbenchVersion: manifest.version,
    nodeVersion: process.version,
    os: type(),
    kernel: release(),
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    openFilesLimit: limit === null || !Number.isFinite(limit) ? null : limit,
    gitCommit: readGitCommit(),
    packages: manifest.dependencies,
  };
}

/** The commit of the folder that bpbench is run in (the user's project), if it is a git checkout. */
function readGitCommit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return null;
  }
}
