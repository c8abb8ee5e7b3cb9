/**
 * The command line: names, flags and help. Each command's work is imported only when it is called, so
 * that help and mistakes answer at once.
 */
import { Command, CommanderError, Help, InvalidArgumentError, Option } from 'commander';
import { BenchError } from '../core/errors.ts';
import { EXIT } from '../core/exit-codes.ts';
import { tolerateClosedStdout, writeErr } from './streams.ts';
import { VERSION } from './version.ts';

const EXAMPLES = `
Examples:
  bpbench run burst --strategy drop-oldest
  bpbench run burst --strategy drop-oldest --strategy block --seed 4711`;

const STRATEGY_HELP = `
Strategies:
  drop-oldest,capacity=64,bytes=1MiB     one part with its parameters
  'drop-oldest + codel,target=10ms'      stages joined by +, in any order
  reserve20                              a preset (bpbench list strategies)
  ./mine.yaml                            a file, boundary by boundary
  What is not named stays as each boundary was found. What makes no sense at a
  boundary is refused before anything starts: bpbench explain <strategy>.
  A preset with a + in its name is written without blanks: gradient2+deadline.
  'gradient2 + deadline' is the two parts alone, with their defaults.

Three names that mean something else elsewhere:
  DROP_LATEST  drops the arriving item in Kotlin and Reactor, and evicts the
               youngest queued one in RxJava
  DropNewest   evicts the youngest queued item in .NET, and drops the arriving
               one in Vector, ironstar and here
  tail drop    drops the arriving item; dropTail of Akka evicts the youngest
               queued one
`;

/** Written out, because reading them from the checks would load all of those; a test compares. */
const SELFCHECK_HELP = `
Exit 4 when a number is not what theory says.

Checks:
  generator, ledger, determinism, specimens, mm1k, md1k, erlang-b,
  token-bucket, priority, reserve, push-out, lifo, age, key-age, shaping,
  codel, ring-lag, histogram, hidden-buffers
`;

const SERVE_HELP = `
Runs until Ctrl-C or SIGTERM. A look into HTTPS, with the addresses as printed:
  curl --proxy <proxyUrl> --cacert <caCertPath> https://localhost:8443/
`;

const HELP = new Help();

/** An empty list is no default worth a word. */
function describeOption(option: Option): string {
  if (!Array.isArray(option.defaultValue)) return HELP.optionDescription(option);
  return option.description;
}

const collect = (value: string, previous: string[]): string[] => [...previous, value];

export function createProgram(): Command {
  const program = new Command('bpbench')
    .description(
      'Shows what happens to your users when consumers cannot keep up, and what each backpressure strategy costs whom.',
    )
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .configureHelp({ optionDescription: describeOption })
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError(true)
    .configureOutput({ writeErr })
    .exitOverride();

  program
    .command('run <scenario>')
    .description('play a scenario (a built-in name or a file) and report what happened')
    .option(
      '--strategy <strategy>',
      "what happens to what does not fit, at the scenario's boundaries: name[,key=value…], stages joined by +, a preset, or a file; repeatable, or 'all' for the overflow policies that are legal there (default: each boundary as found)",
      collect,
      [],
    )
    .option(
      '--at <boundary=strategy>',
      'the strategy of one boundary alone; repeatable, once for each',
      collect,
      [],
    )
    .option(
      '-d, --duration <time>',
      'total length of all phases, scaled (ms, s, m, h; a bare number is seconds)',
    )
    .option(
      '-r, --rate <rate>',
      'published events per second of the busiest phase; the others scale with it (500, 500/s, 1k)',
    )
    .option(
      '-c, --connections <count>',
      'connections of the largest phase; the others scale with it',
      wholeNumber,
    )
    .option(
      '--set <path=value>',
      'set one value of the scenario, e.g. system.consumer.serviceTime=5ms; repeatable',
      collect,
      [],
    )
    .option('--seed <number>', 'seed of all randomness (default: random, printed and recorded)', wholeNumber)
    .option(
      '--grace <time>',
      'longest wait for queues to empty after the last phase (default: of the scenario, 5s)',
    )
    .option(
      '--fail-if <condition>',
      "one more check, failing when it holds, e.g. 'p99(sse fast)>50ms'; repeatable",
      collect,
      [],
    )
    .option('--no-checks', "leave the scenario's own checks out")
    .option(
      '--target <url>',
      'load your own service instead (http://, sse+http://, ws://); repeatable',
      collect,
      [],
    )
    .option(
      '--allow-host <host>',
      'a host that is not this machine and may be loaded all the same; repeatable',
      collect,
      [],
    )
    .option('--results <folder>', 'where results are written', 'results')
    .option(
      '-o, --out <file>',
      'one more report, format by extension (.md, .json, .txt); repeatable, - is stdout',
      collect,
      [],
    )
    .option('--json', 'print the record, and nothing else, on stdout')
    .option('--dry-run', 'print the plan with its price and send nothing')
    .option('-q, --quiet', 'print the verdict line only')
    .option('--no-progress', 'no progress while it runs')
    .option('--exit-zero', 'exit 0 for a run that is invalid, failed or stalled (exploring)')
    .addOption(new Option('--color <when>', 'colour').choices(['auto', 'always', 'never']).default('auto'))
    .option('--no-color', 'same as --color never')
    .addHelpText('after', `${STRATEGY_HELP}${EXAMPLES}`)
    .action(async (scenario: string, options) =>
      (await import('./commands/run.ts')).runCommand(scenario, options),
    );

  program
    .command('list [what]')
    .description('list scenarios, strategies or boundaries')
    .option('--json', 'an array of objects with name and summary')
    .addHelpText('after', '\nExamples:\n  bpbench list\n  bpbench list strategies --json')
    .action(async (what: string | undefined, options) =>
      (await import('./commands/list.ts')).listCommand(what, options),
    );

  program
    .command('explain <strategy>')
    .description(
      'the exact meaning of a strategy, a preset or another library’s word: what it costs, what theory predicts, where it may stand',
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      "\nExamples:\n  bpbench explain drop-oldest\n  bpbench explain DROP_LATEST\n  bpbench explain 'drop-oldest + codel,target=10ms'\n  bpbench explain reserve20 --json",
    )
    .action(async (name: string, options) =>
      (await import('./commands/explain.ts')).explainCommand(name, options),
    );

  program
    .command('validate <file...>')
    .description('check scenario and strategy files: every problem at once, nothing is sent')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  bpbench validate scenarios/burst.yaml\n  bpbench validate my/*.yaml --json',
    )
    .action(async (files: string[], options) =>
      (await import('./commands/validate.ts')).validateCommand(files, options),
    );

  program
    .command('schema [what]')
    .description('print the JSON Schema of a scenario file, a strategy file or a run record')
    .addHelpText(
      'after',
      '\nExamples:\n  bpbench schema scenario > scenario.schema.json\n  bpbench schema record',
    )
    .action(async (what: string | undefined) => (await import('./commands/schema.ts')).schemaCommand(what));

  program
    .command('serve [scenario]')
    .description(
      'start the system under test and keep it running, for your own clients (settings of a scenario)',
    )
    .option(
      '--strategy <strategy>',
      "what happens to what does not fit, at the scenario's boundaries; as for run (default: each boundary as found)",
      collect,
      [],
    )
    .option('--at <boundary=strategy>', 'the strategy of one boundary alone; repeatable', collect, [])
    .option(
      '--set <path=value>',
      'set one value of the scenario, e.g. system.upstream.acquireTimeout=5s; repeatable',
      collect,
      [],
    )
    .option(
      '--origin <url>',
      'your own server behind the reverse proxy, e.g. http://127.0.0.1:3000 (default: one that answers after a set time)',
    )
    .option(
      '--allow-host <host>',
      'a host that is not this machine and that the proxies may connect to all the same; repeatable',
      collect,
      [],
    )
    .addOption(
      new Option(
        '--connect <how>',
        "what the forward proxy makes of CONNECT: an opaque tunnel, or TLS under its own CA (default: the scenario's, else intercept)",
      ).choices(['tunnel', 'intercept']),
    )
    .option(
      '--ca-cert <file>',
      "where to put the CA's certificate, a file that is not there yet and goes with the proxy (default: a temporary one)",
    )
    .option(
      '--upstream-ca <file>',
      'certificates (PEM) of further authorities that servers behind intercepted tunnels may have',
    )
    .option('--port <number>', 'TCP port of the feeds (default: a free one)', wholeNumber)
    .option(
      '--data <folder>',
      'keep the events there, and go on with those that are there (default: a temporary folder)',
    )
    .option('--json', 'print the addresses as one line of JSON when ready')
    .addHelpText(
      'after',
      `${SERVE_HELP}\nExamples:\n  bpbench serve --port 8080\n  bpbench serve burst --strategy block --json\n  bpbench serve --origin http://127.0.0.1:3000 --set 'system.intercept.rules=[{on: event, action: delay, delay: 1s}]'`,
    )
    .action(async (scenario: string | undefined, options) =>
      (await import('./commands/serve.ts')).serveCommand(scenario, options),
    );

  program
    .command('selfcheck')
    .description('check the instrument itself: models with known answers, played with the real code')
    .option('--seed <number>', 'seed of all randomness; the same answer on every machine', wholeNumber, 4711)
    .option('--only <name>', 'one check alone; repeatable', collect, [])
    .option('--json', 'print every number, and nothing else, on stdout')
    .addOption(new Option('--color <when>', 'colour').choices(['auto', 'always', 'never']).default('auto'))
    .option('--no-color', 'same as --color never')
    .addHelpText(
      'after',
      `${SELFCHECK_HELP}\nExamples:\n  bpbench selfcheck\n  bpbench selfcheck --only push-out --seed 7 --json`,
    )
    .action(async (options) => (await import('./commands/selfcheck.ts')).selfCheckCommand(options));

  return program;
}

/** Runs the command of `argv` and ends with its exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  tolerateClosedStdout();
  try {
    await createProgram().parseAsync(argv);
  } catch (thrown) {
    process.exitCode = report(thrown);
  }
}

/** Says what went wrong, and answers the exit code. */
function report(thrown: unknown): number {
  if (thrown instanceof CommanderError) {
    // Help and version come this way too, with exit code 0; commander has said the rest already.
    return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (thrown instanceof BenchError) {
    const hints = thrown.hints.map((hint) => `  try: ${hint}\n`).join('');
    writeErr(`bpbench: ${thrown.message}\n${hints}`);
    return thrown.exitCode;
  }
  writeErr(`bpbench: internal error: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
  return EXIT.internal;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError(`expected a whole number, 0 or more, got '${text}'.`);
  }
  return Number(text);
}
