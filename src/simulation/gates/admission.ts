import { dropped, type Gate, offered, playPlan, stage, strategyOf, zRow } from './gate.ts';

const OFFERS = 150_000;
/** More than ever waits behind the stage that is looked at. */
const AMPLE = 64;

const SERVERS = 8;
const OFFERED_LOAD = 10;
const SERVICES_PER_SEC = 1000;

export const erlangB: Gate = {
  name: 'erlang-b',
  title: 'A limit on work in progress, no queue (Erlang B)',
  play: (context) =>
    (['exponential', 'fixed', 'hyperexponential'] as const).map((law) => {
      const { batches } = playPlan(context, {
        strategy: strategyOf(
          'drop-newest',
          AMPLE,
          stage('admission', 'concurrency-static', { limitItems: SERVERS }),
        ),
        arrivals: { law: 'poisson', perSec: OFFERED_LOAD * SERVICES_PER_SEC },
        service: { law, perSec: SERVICES_PER_SEC },
        servers: SERVERS,
        offers: OFFERS,
      });
      const predicted = context.formulas.erlangB(SERVERS, OFFERED_LOAD);
      return zRow(`refused, ${law} service`, 'ratio', batches, dropped, offered, predicted);
    }),
};

const BUCKETS = [
  { arrivalsPerSec: 900, tokensPerSec: 1000, burst: 5 },
  { arrivalsPerSec: 1200, tokensPerSec: 1000, burst: 10 },
  { arrivalsPerSec: 2000, tokensPerSec: 1000, burst: 3 },
];

export const tokenBucket: Gate = {
  name: 'token-bucket',
  title: 'A rate limit with bursts (token bucket)',
  play: (context) =>
    BUCKETS.map(({ arrivalsPerSec, tokensPerSec, burst }) => {
      const params = { ratePerSec: tokensPerSec, burstItems: burst };
      const { batches } = playPlan(context, {
        strategy: strategyOf('drop-newest', AMPLE, stage('admission', 'token-bucket', params)),
        arrivals: { law: 'poisson', perSec: arrivalsPerSec },
        service: null,
        offers: OFFERS,
      });
      const predicted = context.formulas.tokenBucketRefusalRatio(arrivalsPerSec, tokensPerSec, burst);
      const what = `refused, ${arrivalsPerSec / tokensPerSec} of the rate, burst ${burst}`;
      return zRow(what, 'ratio', batches, dropped, offered, predicted);
    }),
};
