/** Formulas, generators and labels that are wrong on purpose, each against the gate that has to notice. */
import type { Random } from '../../src/core/random.ts';
import type { StrategySpec } from '../../src/core/strategy.ts';
import type { GateContext } from '../../src/simulation/gates/gate.ts';
import { GATES } from '../../src/simulation/gates/registry.ts';
import { createService } from '../../src/simulation/laws.ts';
import { playGate } from '../../src/simulation/self-check.ts';
import { REAL_TOOLS, type SimulationTools } from '../../src/simulation/simulate.ts';
import { createBroadcastRing } from '../../src/system/channel/broadcast-ring.ts';
import { Lagged } from '../../src/system/channel/ring-core.ts';
import { FORMULAS, type Formulas } from '../../src/theory/formulas.ts';
import type { Mutant } from './mutant.ts';

const SEED = 4711;

interface Change {
  readonly formulas?: Partial<Formulas>;
  readonly tools?: Partial<SimulationTools>;
}

/** The first number that is not what theory says, or why the gate could not be played. */
async function findProblem(gateName: string, { formulas, tools }: Change = {}): Promise<string | undefined> {
  const gate = GATES.find((one) => one.name === gateName);
  if (gate === undefined) return undefined;
  const context: GateContext = {
    seed: SEED,
    formulas: { ...FORMULAS, ...formulas },
    tools: { ...REAL_TOOLS, ...tools },
  };
  const { ok, rows, problem } = await playGate(gate, context);
  if (ok) return undefined;
  const row = rows.find((one) => !one.ok);
  return `P40 ${problem ?? `${row?.what}: ${row?.measured}, predicted ${row?.predicted}, z ${row?.z}`}`;
}

function mutant(name: string, gate: string, change: Change, property = 'P40'): Mutant {
  return { property, name, kill: () => findProblem(gate, change), spare: () => findProblem(gate) };
}

/** P_loss = 1 − b_{K−1}/(1 + ρ b_{K−1}), b_n = Σ ((−1)^k/k!)(n−k)^k e^{(n−k)ρ}ρ^k: right, but not in doubles. */
function brunGarciaLoss(load: number, capacity: number): number {
  const n = capacity - 1;
  let sum = 0;
  let factorial = 1;
  for (let k = 0; k <= n; k++) {
    if (k > 0) factorial *= k;
    sum += ((-1) ** k / factorial) * (n - k) ** k * Math.exp((n - k) * load) * load ** k;
  }
  return 1 - sum / (1 + load * sum);
}

/** Draws of the real generator, spoilt. */
function spoilt(spoil: (random: Random) => Partial<Random>, label: string): Partial<SimulationTools> {
  return {
    createRandom(seed, ownLabel) {
      const random = REAL_TOOLS.createRandom(seed, ownLabel);
      return ownLabel === label ? { ...random, ...spoil(random) } : random;
    },
  };
}

/** What is asked for under one name is built under another. */
function relabelled(label: string, real: string, isUncounted = false): Partial<SimulationTools> {
  const swap = (spec: StrategySpec): StrategySpec => ({
    ...spec,
    stages: spec.stages.map((stage) => (stage.name === label ? { ...stage, name: real } : stage)),
  });
  return {
    buildChannel(spec, options, random) {
      const channel = REAL_TOOLS.buildChannel(swap(spec), options, random);
      if (!isUncounted) return channel;
      const ledger = channel.ledger.bind(channel);
      return Object.assign(channel, { ledger: () => ({ ...ledger(), dropped: {} }) });
    },
  };
}

const wrongFormulas: Mutant[] = [
  mutant('closed form of Brun and Garcia at K = 50', 'md1k', {
    formulas: {
      md1k: (arrivals, services, capacity) => ({
        ...FORMULAS.md1k(arrivals, services, capacity),
        lossRatio: brunGarciaLoss(arrivals / services, capacity),
      }),
    },
  }),
  mutant('1 − 1/ρ for the loss at ρ = 1.5, K = 10', 'mm1k', {
    formulas: {
      mm1k: (arrivals, services, capacity) => ({
        ...FORMULAS.mm1k(arrivals, services, capacity),
        ...(arrivals === 1.5 * services ? { lossRatio: 1 - services / arrivals } : {}),
      }),
    },
  }),
  mutant('M/M/1/K without the item in service', 'mm1k', {
    formulas: { mm1k: (arrivals, services, capacity) => FORMULAS.mm1k(arrivals, services, capacity - 1) },
  }),
  mutant('B/μ for the wait under drop-oldest', 'push-out', {
    formulas: {
      pushOutWaitSec: (policy, arrivals, services, room) =>
        policy === 'drop-oldest'
          ? room / services
          : FORMULAS.pushOutWaitSec(policy, arrivals, services, room),
    },
  }),
  mutant('the wait in place of the age', 'age', {
    formulas: { latestAgeSec: (_arrivals, services) => 1 / services },
  }),
  mutant('the age of no buffer for that of latest', 'age', {
    formulas: { latestAgeSec: FORMULAS.noBufferAgeSec },
  }),
  mutant('Cobham with the classes swapped', 'priority', {
    formulas: { cobhamWaitsSec: (classes) => FORMULAS.cobhamWaitsSec([...classes].reverse()).reverse() },
  }),
  mutant('Erlang B off by one server', 'erlang-b', {
    formulas: { erlangB: (servers, load) => FORMULAS.erlangB(servers - 1, load) },
  }),
  mutant('token bucket with b − 1', 'token-bucket', {
    formulas: {
      tokenBucketRefusalRatio: (arrivals, tokens, burst) =>
        FORMULAS.tokenBucketRefusalRatio(arrivals, tokens, burst - 1),
    },
  }),
  ...[-1, 1].map((off) =>
    mutant(`reserve R ${off < 0 ? '−' : '+'} 1`, 'reserve', {
      formulas: {
        reserveLoss: (high, low, services, capacity, reserved) =>
          FORMULAS.reserveLoss(high, low, services, capacity, reserved + off),
      },
    }),
  ),
  mutant('lifo as patient as fifo', 'lifo', {
    formulas: { lifoWaitSec: (arrivals, services) => 20 / Math.max(arrivals, services) },
  }),
  mutant('coalesce as old as drop-oldest', 'key-age', {
    formulas: {
      coalesceAgeSec: (arrivals, services, keys) =>
        FORMULAS.perKeyAgeSec('drop-oldest', arrivals, services, keys, keys),
    },
  }),
  mutant('batch that waits W/2 like a free-running window', 'shaping', {
    formulas: {
      batch: (arrivals, windowSec) => ({ ...FORMULAS.batch(arrivals, windowSec), delaySec: windowSec / 2 }),
    },
  }),
  mutant('codel that reacts as fast as codel-service', 'codel', {
    formulas: { codelTransient: FORMULAS.codelServiceTransient },
  }),
  mutant('a ring that resumes at the other end', 'ring-lag', {
    formulas: {
      ringLag: (resume, arrivals, services, slots) =>
        FORMULAS.ringLag(resume === 'oldest' ? 'latest' : 'oldest', arrivals, services, slots),
    },
  }),
  mutant('p99 of 4.2 means', 'histogram', {
    formulas: { exponentialPercentile: (probability) => 0.912 * FORMULAS.exponentialPercentile(probability) },
  }),
];

const wrongCode: Mutant[] = [
  mutant('broken generator: even gaps instead of exponential ones', 'mm1k', {
    tools: spoilt(({ next }) => ({ exponential: (mean) => 2 * mean * next() }), 'arrivals'),
  }),
  mutant('broken generator: 3 % too slow', 'generator', {
    tools: spoilt(({ exponential }) => ({ exponential: (mean) => exponential(1.03 * mean) }), 'arrivals'),
  }),
  mutant('broken generator: each gap drawn twice in a row', 'mm1k', {
    tools: spoilt(({ exponential }) => {
      let held = 0;
      let isHeld = false;
      return {
        exponential(mean) {
          if (!isHeld) held = exponential(mean);
          isHeld = !isHeld;
          return held;
        },
      };
    }, 'arrivals'),
  }),
  mutant('broken generator: service times of twice the variance', 'md1k', {
    tools: { createService: (law, random) => createService({ ...law, law: 'exponential' }, random) },
  }),
  mutant('drop-newest under the label drop-oldest', 'push-out', {
    tools: relabelled('drop-oldest', 'drop-newest'),
  }),
  mutant('evict-newest under the label drop-newest', 'push-out', {
    tools: relabelled('drop-newest', 'evict-newest'),
  }),
  mutant(
    'evict-all under the label drop-oldest',
    'push-out',
    { tools: relabelled('drop-oldest', 'evict-all') },
    'P39',
  ),
  mutant('uncounted eviction', 'push-out', { tools: relabelled('drop-oldest', 'drop-oldest', true) }, 'P39'),
  mutant(
    'service drawn at arrival',
    'push-out',
    {
      tools: {
        createService(law, random) {
          const draw = createService(law, random);
          const drawn: number[] = [];
          return (item) => {
            while (drawn.length <= item) drawn.push(draw(drawn.length));
            return drawn[item] as number;
          };
        },
      },
    },
    'P39',
  ),
  mutant('codel under the label codel-service', 'codel', { tools: relabelled('codel-service', 'codel') }),
  mutant('fifo under the label lifo', 'lifo', { tools: relabelled('lifo', 'fifo') }),
  mutant('drop-newest under the label latest', 'age', { tools: relabelled('latest', 'drop-newest') }),
  mutant(
    'Math.random',
    'determinism',
    { tools: { createRandom: (_seed, label) => REAL_TOOLS.createRandom(Math.random(), label) } },
    'P35',
  ),
  mutant(
    'a seed that is not used',
    'determinism',
    { tools: { createRandom: (_seed, label) => REAL_TOOLS.createRandom(0, label) } },
    'P35',
  ),
];

/** One reload per episode: after one, none for as long as this. */
const COOLDOWN_SEC = 20;

/** Reloads per second of a reader on a ring of 64 at λ = 1.5μ, against one per cooldown at most. */
function findReloadStorm(cooldownSec: number): string | undefined {
  const ring = createBroadcastRing<number>({ capacityItems: 64 });
  const receiver = ring.subscribe();
  let reloads = 0;
  let quietUntilSec = 0;
  const seconds = 3000;
  for (let nowSec = 0; nowSec < seconds; nowSec++) {
    for (let i = 0; i < 1 + (nowSec % 2); i++) ring.publish(nowSec);
    if (!(receiver.tryTake() instanceof Lagged)) continue;
    receiver.tryTake();
    if (nowSec < quietUntilSec) continue;
    reloads++;
    quietUntilSec = nowSec + cooldownSec;
  }
  const perSec = reloads / seconds;
  return perSec <= 1 / COOLDOWN_SEC ? undefined : `P40 ${perSec.toFixed(2)} reloads per second`;
}

export default [
  ...wrongFormulas,
  ...wrongCode,
  {
    property: 'specimen',
    name: 'ironstar-reload',
    kill: () => findReloadStorm(0),
    spare: () => findReloadStorm(COOLDOWN_SEC),
  },
] satisfies Mutant[];
