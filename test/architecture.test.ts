/** Who may import whom: the arrows of ARCHITECTURE.md, read from the import lines. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ADMISSIONS } from '../src/system/admission/registry.ts';
import { AQMS } from '../src/system/aqm/registry.ts';
import { OVERFLOW_POLICIES } from '../src/system/overflow/registry.ts';
import { SCHEDULERS } from '../src/system/scheduling/registry.ts';
import { SHAPERS } from '../src/system/shaping/registry.ts';
import { SLOW_CONSUMER_RULES } from '../src/system/slow-consumer/registry.ts';
import type { Definition } from '../src/system/strategies/definition.ts';
import { TOPOLOGIES } from '../src/system/topology/registry.ts';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/** Rooms that a room may import beside itself. A file name allows that one file. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  core: [],
  system: ['core'],
  theory: ['core'],
  simulation: ['core', 'theory', 'system/channel', 'system/strategies'],
  statistics: [],
  comparison: ['core', 'statistics'],
  origin: ['core'],
  load: ['core'],
  scenarios: ['core'],
  targets: ['core', 'system/control.ts', 'load/control.ts', 'origin/control.ts'],
  report: ['core', 'load/control.ts', 'statistics', 'comparison'],
  conductor: [
    'core',
    'scenarios',
    'targets',
    'report',
    'system/control.ts',
    'load/control.ts',
    'system/overflow/registry.ts',
    'system/strategies',
    'theory',
    'statistics',
    'comparison',
  ],
  cli: [
    'core',
    'scenarios',
    'targets',
    'report',
    'conductor',
    'system/strategies',
    'system/overflow/policy.ts',
    'simulation',
    'statistics',
    'comparison',
    'load/hidden-buffer.ts',
  ],
  'index.ts': ['core', 'conductor', 'comparison', 'scenarios', 'channel.ts'],
  'channel.ts': ['core', 'system'],
};

/** The one place of each third-party package, so that replacing it touches one folder. */
const DOORS: Record<string, readonly string[]> = {
  'hdr-histogram-js': ['core/histogram.ts'],
  execa: ['targets/child-handle.ts'],
  ws: ['system/server.ts', 'system/ws/'],
  'eventsource-parser': ['system/intercept/event-reader.ts'],
  '@peculiar/x509': ['system/proxy/certificate-authority.ts'],
  'reflect-metadata': ['system/proxy/certificate-authority.ts'],
  commander: ['cli/main.ts'],
  // The page's script is typed by it; the program itself is read by assets.ts.
  uplot: ['report/html/client/'],
  yaml: ['scenarios/'],
  zod: [
    'scenarios/',
    'report/record-schema.ts',
    'report/comparison-schema.ts',
    'report/baseline-schema.ts',
    'report/timeline-schema.ts',
    // its types alone
    'report/record-document.ts',
  ],
};

/** The rooms whose files are plug-ins. */
const PLUG_IN_ROOMS: Record<string, { contract: string; registry: Record<string, Definition> }> = {
  overflow: { contract: 'policy', registry: OVERFLOW_POLICIES },
  shaping: { contract: 'shaper', registry: SHAPERS },
  scheduling: { contract: 'scheduler', registry: SCHEDULERS },
  aqm: { contract: 'aqm', registry: AQMS },
  admission: { contract: 'admission', registry: ADMISSIONS },
  topology: { contract: 'topology', registry: TOPOLOGIES },
  'slow-consumer': { contract: 'rule', registry: SLOW_CONSUMER_RULES },
};

interface Import {
  file: string;
  specifier: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const IMPORT = /^(?:import|export)\b[^;]*?\bfrom '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gm;
const imports: Import[] = files.flatMap((file) =>
  [...readFileSync(join(SRC, file), 'utf8').matchAll(IMPORT)].map((match) => ({
    file,
    specifier: (match[1] ?? match[2] ?? match[3]) as string,
  })),
);

describe('architecture', () => {
  it('lets every room import only what lies below it', () => {
    const wrong: string[] = [];
    for (const { file, specifier } of imports) {
      if (!specifier.startsWith('.')) continue;
      const target = relative(SRC, join(SRC, dirname(file), specifier));
      const room = file.split('/')[0] as string;
      const targetRoom = target.split('/')[0] as string;
      const allowed = MAY_IMPORT[room];
      if (allowed === undefined) wrong.push(`${file}: the room '${room}' is not on the map`);
      else if (
        targetRoom !== room &&
        !allowed.some((entry) => target === entry || target.startsWith(`${entry}/`))
      ) {
        wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('gives each third-party package one door', () => {
    const wrong = imports.filter(({ file, specifier }) => {
      if (specifier.startsWith('.') || specifier.startsWith('node:')) return false;
      const doors = DOORS[specifier];
      return (
        doors === undefined ||
        !doors.some((door) => file === door || (door.endsWith('/') && file.startsWith(door)))
      );
    });
    expect(wrong).toEqual([]);
  });

  it('names every dependency that is used, and uses every one that is named', () => {
    const manifest = JSON.parse(readFileSync(join(SRC, '../package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const used = new Set(
      imports.map(({ specifier }) => specifier).filter((name) => !/^(\.|node:)/.test(name)),
    );
    expect([...used].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it('takes time and randomness from core alone', () => {
    const pattern = /Date\.now\(|Math\.random\(|performance\.now\(|process\.hrtime|new Date\(\)/;
    const wrong = files.filter(
      (file) =>
        !/^core\/(clock|random)\.ts$/.test(file) && pattern.test(readFileSync(join(SRC, file), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });

  it('prints and exits only in cli and in the child runtime', () => {
    const pattern = /console\.|process\.(exit\(|stdout|stderr)/;
    const wrong = files.filter(
      (file) =>
        !file.startsWith('cli/') &&
        file !== 'core/child.ts' &&
        pattern.test(readFileSync(join(SRC, file), 'utf8')),
    );
    expect(wrong).toEqual([]);
  });

  it.each(Object.entries(PLUG_IN_ROOMS))(
    'registers every %s stage under its own name, which is the name of its file',
    (room, { contract, registry }) => {
      // A plug-in has a default export; what it is made of besides has not.
      const onDisk = files
        .filter((file) => file.startsWith(`system/${room}/`) && file !== `system/${room}/${contract}.ts`)
        .filter((file) => /^export default /m.test(readFileSync(join(SRC, file), 'utf8')))
        .map((file) => file.slice(`system/${room}/`.length, -'.ts'.length));
      expect(Object.keys(registry).sort()).toEqual(onDisk.sort());
      for (const [name, definition] of Object.entries(registry)) {
        expect(definition).toMatchObject({ name, stage: room });
      }
    },
  );
});
