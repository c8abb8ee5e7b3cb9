import type {
  Admission,
  AdmissionDefinition,
  EntryView,
  LoadView,
} from '../../src/system/admission/admission.ts';
import aimd from '../../src/system/admission/aimd.ts';
import shadowcatAdmission from '../../src/system/admission/as-written/shadowcat-admission.ts';
import shadowcatGauge from '../../src/system/admission/as-written/shadowcat-gauge.ts';
import shadowcatLevels from '../../src/system/admission/as-written/shadowcat-levels.ts';
import shadowcatMemoryCheck from '../../src/system/admission/as-written/shadowcat-memory-check.ts';
import breaker from '../../src/system/admission/breaker.ts';
import concurrencyStatic from '../../src/system/admission/concurrency-static.ts';
import { RUNGS } from '../../src/system/admission/level-ladder.ts';
import memReserve from '../../src/system/admission/mem-reserve.ts';
import serviceLevel from '../../src/system/admission/service-level.ts';
import { TokenBucket } from '../../src/system/admission/token-bucket.ts';
import type { Params } from '../../src/system/strategies/definition.ts';
import {
  entranceOf,
  findAbortProblem,
  findBacklogProblem,
  findBreakerProblem,
  findBurstProblem,
  findDwellProblem,
  findFlapProblem,
  findFlightProblem,
  findGaugeProblem,
  findMemoryProblem,
  findMonotoneProblem,
  findPermitProblem,
  findShrinkProblem,
  findWindowProblem,
} from '../admission/checks.ts';
import { make } from '../admission/lane.ts';
import { findDeadlock, takeOneByOne, takeTogether } from '../admission/permits.ts';
import type { Mutant } from './mutant.ts';

type Create = () => Admission;
type Check = (create: Create) => ReturnType<Mutant['kill']>;

function mutant(property: string, name: string, wrong: Create, sound: Create, check: Check): Mutant {
  return { property, name, kill: () => check(wrong), spare: () => check(sound) };
}

const of = (definition: AdmissionDefinition, params: Params) => () => make(definition, params);

// Permits.

const LIMIT = 10;
const limited = of(concurrencyStatic, { limitItems: LIMIT });
const permits: Check = (create) => findPermitProblem(create, LIMIT);

const checksAfterTheAdd: Create = () => ({
  admit: (_entry, load) => (load.pendingItems > LIMIT ? 'admission.concurrency' : undefined),
});

const releasesDeliveredAlone: Create = () => {
  let under = 0;
  return {
    admit: () => (under >= LIMIT ? 'admission.concurrency' : void under++) as undefined,
    onEnd: (_entry, end) => void (end === 'delivered' && under--),
  };
};

const releasesTwice: Create = () => {
  let under = 0;
  return {
    admit: () => (under >= LIMIT ? 'admission.concurrency' : void under++) as undefined,
    onEnd: () => {
      under -= 2;
    },
  };
};

const countsQueuedAlone: Create = () => ({
  admit: (_entry, load: LoadView) => (load.depthItems < LIMIT ? undefined : 'admission.concurrency'),
});

/** Keeps the largest limit that it ever had. */
const neverShrinks: Create = () => {
  const stage = make(aimd, { startItems: 20, minItems: 2 });
  let highest = 0;
  return {
    get level() {
      return stage.level as number;
    },
    admit: (_entry, load) => {
      highest = Math.max(highest, stage.level as number);
      return load.pendingItems < highest ? undefined : 'admission.concurrency';
    },
    onEnd: (entry, end, rttNs, load, nowNs) => stage.onEnd?.(entry, end, rttNs, load, nowNs),
  };
};

/** Asks, lets others run, and counts only then. */
function checkThenAct(): () => Promise<boolean> {
  let under = 0;
  return async () => {
    if (under >= LIMIT) return false;
    await null;
    under++;
    return true;
  };
}

// Rates.

const bucketOf = (rate: number, burst: number) => () => new TokenBucket(rate, burst);

/** Adds up what comes in, a little at a time. */
const floatDrift = (rate: number, burst: number) => (): Admission => {
  let tokens = burst;
  let lastNs = 0;
  return {
    admit: (_entry, _load, nowNs) => {
      tokens = Math.min(burst, tokens + (rate * Math.max(0, nowNs - lastNs)) / 1e9);
      lastNs = Math.max(lastNs, nowNs);
      if (tokens < 1) return 'admission.rate';
      tokens--;
      return undefined;
    },
  };
};

/** Follows the clock back, and is paid for the way forward again. */
const wallClock = (rate: number, burst: number) => (): Admission => {
  let tokens = burst;
  let lastNs = 0;
  return {
    admit: (_entry, _load, nowNs) => {
      tokens = Math.min(burst, tokens + (rate * Math.max(0, nowNs - lastNs)) / 1e9);
      lastNs = nowNs;
      if (tokens < 1 - 1e-9) return 'admission.rate';
      tokens--;
      return undefined;
    },
  };
};

/** Counts per aligned window: twice the limit passes at a border. */
const fixedWindow = (rate: number, burst: number) => (): Admission => {
  let window = -1;
  let count = 0;
  const widthNs = (burst / rate) * 1e9;
  return {
    admit: (_entry, _load, nowNs) => {
      const present = Math.floor(nowNs / widthNs);
      if (present > window) count = 0;
      window = Math.max(window, present);
      return count < burst ? (void count++ as undefined) : 'admission.rate';
    },
  };
};

const windows: Check = (create) => findWindowProblem(create, 100, 20);

// Breaker.

const SMALL_BREAKER = { windowCount: 4, failureShare: 0.5, openMs: 100, probeCount: 3 };
const probes: Check = (create) => findBreakerProblem(create, 3);

/** Half-open as soon as its time is over, and then for everybody. */
const unlimitedProbes: Create = () => {
  const stage = make(breaker, SMALL_BREAKER);
  return {
    ...wrapped(stage),
    admit: (entry, load, nowNs) => {
      const refusal = stage.admit(entry, load, nowNs);
      return stage.level === 1 ? undefined : refusal;
    },
  };
};

const admitsWhileOpen: Create = () => {
  const stage = make(breaker, SMALL_BREAKER);
  return {
    ...wrapped(stage),
    admit: (entry, load, nowNs) => {
      const refusal = stage.admit(entry, load, nowNs);
      return stage.level === 2 && entry.seq % 10 === 0 ? undefined : refusal;
    },
  };
};

const closesWithoutProof: Create = () => {
  let stage = make(breaker, SMALL_BREAKER);
  return {
    admit: (entry, load, nowNs) => {
      if (stage.admit(entry, load, nowNs) === undefined) return undefined;
      if ((stage.retryAfterNs?.(nowNs) ?? 0) > 0) return 'admission.breaker';
      stage = make(breaker, SMALL_BREAKER); // after its time it simply starts anew
      return stage.admit(entry, load, nowNs);
    },
    onEnd: (entry, end, rttNs, load, nowNs) => stage.onEnd?.(entry, end, rttNs, load, nowNs),
  };
};

function wrapped(stage: Admission): Omit<Admission, 'admit'> {
  return {
    onEnd: (entry, end, rttNs, load, nowNs) => stage.onEnd?.(entry, end, rttNs, load, nowNs),
    onWithdraw: (entry, load, nowNs) => stage.onWithdraw?.(entry, load, nowNs),
  };
}

// Levels.

const levels = of(serviceLevel, { limitItems: 1000 });

/** A level of its own making from items under way; `change` answers the next level. */
function levelBy(next: (level: number, pressure: number, nowNs: number) => number): Create {
  return () => {
    let items = 0;
    const stage = {
      level: 0,
      look: (change: number, nowNs: number): undefined => {
        items += change;
        stage.level = next(stage.level, items / 1000, nowNs);
      },
      admit: (_entry: EntryView, _load: LoadView, nowNs: number) => stage.look(1, nowNs),
      onEnd: (_entry: EntryView, _end: unknown, _rttNs: number, _load: LoadView, nowNs: number) =>
        stage.look(-1, nowNs),
      onResize: (_entry: EntryView, _before: number, _load: LoadView, nowNs: number) => stage.look(0, nowNs),
    };
    return stage;
  };
}

const entered = (pressure: number): number => RUNGS.filter(({ enter }) => pressure >= enter).length;
const kept = (pressure: number): number => RUNGS.filter(({ leave }) => pressure > leave).length;

const singleThreshold = levelBy((_level, pressure) => entered(pressure));
const noDwell = levelBy((level, pressure) => Math.max(entered(pressure), Math.min(level, kept(pressure))));

/** The dwell counts from the last change: whoever enters later leaves later, though under less pressure. */
const dwellFromEntry: Create = () => {
  let changedNs = Number.NEGATIVE_INFINITY;
  return levelBy((level, pressure, nowNs) => {
    const up = Math.max(level, entered(pressure));
    const down = nowNs - changedNs >= 2e9 ? Math.max(entered(pressure), Math.min(up, kept(pressure))) : up;
    if (down !== level) changedNs = nowNs;
    return down;
  })();
};

const MEMORY = { totalBytes: 5000 };
const memory: Check = (create) => findMemoryProblem(create, 5000);

export default [
  {
    property: 'P14',
    name: 'check-then-act across `await`',
    kill: () => findBurstProblem(checkThenAct(), LIMIT),
    spare: () => findBurstProblem(entranceOf(limited), LIMIT),
  },
  mutant('P14', 'a permit is released on delivery alone', releasesDeliveredAlone, limited, permits),
  mutant('P14', 'a permit is released twice', releasesTwice, limited, permits),
  mutant('P14', 'what is in flight is not under way', countsQueuedAlone, limited, (create) =>
    findFlightProblem(create, LIMIT),
  ),
  mutant('P14', 'an aborted offer keeps its permit', releasesDeliveredAlone, limited, (create) =>
    findAbortProblem(create, LIMIT),
  ),
  mutant(
    'P14',
    'a shrunk limit still admits',
    neverShrinks,
    of(aimd, { startItems: 20, minItems: 2 }),
    findShrinkProblem,
  ),
  mutant('P14', 'the limit is checked after the add', checksAfterTheAdd, limited, permits),

  mutant('P25', 'float drift', floatDrift(100, 1), bucketOf(100, 1), (create) =>
    findBacklogProblem(create, 100, 1),
  ),
  mutant('P25', '`Date.now()`', wallClock(100, 20), bucketOf(100, 20), windows),
  mutant('P25', 'a fixed window', fixedWindow(100, 20), bucketOf(100, 20), windows),
  mutant('P25', 'one token too many', bucketOf(100, 21), bucketOf(100, 20), windows),

  mutant('P28', 'unlimited probes', unlimitedProbes, of(breaker, SMALL_BREAKER), probes),
  mutant('P28', 'one in ten is admitted while open', admitsWhileOpen, of(breaker, SMALL_BREAKER), probes),
  mutant(
    'P28',
    'closed after its time, without a probe',
    closesWithoutProof,
    of(breaker, SMALL_BREAKER),
    probes,
  ),

  mutant('P29', 'single threshold', singleThreshold, levels, findFlapProblem),
  mutant('P29', 'left without a dwell', noDwell, levels, findDwellProblem),
  mutant('P29', 'the dwell counts from the entry', dwellFromEntry, levels, findMonotoneProblem),

  mutant('specimen', 'shadowcat-admission', of(shadowcatAdmission, { limitItems: LIMIT }), limited, permits),
  mutant(
    'specimen',
    'shadowcat-memory-check',
    of(shadowcatMemoryCheck, MEMORY),
    of(memReserve, MEMORY),
    memory,
  ),
  mutant('specimen', 'shadowcat-gauge', of(shadowcatGauge, {}), of(memReserve, {}), findGaugeProblem),
  mutant('specimen', 'shadowcat-levels', of(shadowcatLevels, { limitItems: 1000 }), levels, findFlapProblem),
  {
    property: 'specimen',
    name: 'shadowcat-permits',
    kill: () => findDeadlock(takeOneByOne),
    spare: () => findDeadlock(takeTogether),
  },
] satisfies Mutant[];
