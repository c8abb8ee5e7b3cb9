/**
 * The command line: names, flags and help. Each command's work is imported only when it is called, so
 * that help and mistakes answer at once.
 */
import { Command, CommanderError, Help, InvalidArgumentError, Option } from 'commander';
import { BenchError } from '../core/errors.ts';
import { EXIT } from '../core/exit-codes.ts';
import { EXPERIMENT_ROWS, JUDGING_ROWS, type OptionRow } from './compare-options.ts';
import { tolerateClosedStdout, writeErr } from './streams.ts';
import { DEFAULT_LIMIT } from './trend-command-line.ts';
import { VERSION } from './version.ts';

const EXAMPLES = `
Examples:
  bpbench run burst --strategy drop-oldest
  bpbench run burst --strategy drop-oldest --strategy block --seed 4711
  bpbench run burst --strategy drop-oldest --strategy block --repeat 10 --need 'loss<0.1%'`;

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

const COMPARE_HELP = `
Arms are told apart by strategy and version, or by the names that you give them.
Runs of equal seed are pairs; without pairs nothing is gated unless you say
--allow-unpaired. docs/comparing.md says what each verdict means.

Exit 0 pass, or inconclusive without --strict; 3 worse; 4 invalid; 6 stalled;
99 an expectation or a check failed.

Examples:
  bpbench compare results/A results/B
  bpbench compare before=old/latest after=results/latest --margin all.p99=15%
  bpbench compare latest --baseline burst.bpbaseline.json --strict
  bpbench compare latest --save-baseline burst.bpbaseline.json --accepted-by Ann --reason 'first one'
  bpbench compare --self-test --blocks 10
`;

/** Written out, because reading them from the formats would load all of those; a test compares. */
const REPORT_HELP = `
Without -o it prints what the run or the comparison printed. Exit 0 when the reports
could be made, whatever the verdict is.

Formats of -o, by the end of the name, or forced with format=file:
  text                .txt
  markdown            .md, .markdown
  html                .html, .htm
  json                .json
  ndjson              .ndjson, .jsonl
  csv                 .csv
  hlog                .hlog
  percentiles         .hgrm
  openmetrics         .om, .openmetrics
  openmetrics-series  .series.om, .backfill.om
  junit               .xml
  github-summary      .summary.md
  badge               .svg
  shields             .badge.json, .shields.json

Examples:
  bpbench report
  bpbench report results/latest -o report.md -o junit.xml
  bpbench report latest -o openmetrics=metrics.txt -o - | less
`;

/** Written out, because reading them from the formats would load all of those; a test compares. */
const TREND_HELP = `
Formats of -o, by the end of the name, or forced with format=file:
  text      .txt
  markdown  .md, .markdown
  html      .html, .htm
  json      .json
  csv       .csv

Examples:
  bpbench trend burst --metric goodput
  bpbench trend burst -o trend.html
  bpbench trend burst --strategy drop-oldest --csv > burst.csv
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

const ciOption = (): Option =>
  new Option('--ci <where>', 'step summary and annotations for GitHub (auto: where GITHUB_ACTIONS=true)')
    .choices(['auto', 'github', 'none'])
    .default('auto');

const collect = (value: string, previous: string[]): string[] => [...previous, value];

function addOptions(command: Command, rows: readonly OptionRow[]): Command {
  for (const { flags, text, isList, kind } of rows) {
    if (isList === true) command.option(flags, text, collect, []);
    else if (kind === 'whole') command.option(flags, text, wholeNumber);
    else command.option(flags, text);
  }
  return command;
}

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

  const run = program
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
      'one more report: .md, .html, .json, .csv, .xml (JUnit) and more (bpbench report --help), or format=file; repeatable, - is stdout',
      collect,
      [],
    )
    .addOption(ciOption())
    .option('--json', 'print the record, and nothing else, on stdout')
    .option('--dry-run', 'print the plan with its price and send nothing')
    .option('-q, --quiet', 'print the verdict line only')
    .option('--no-progress', 'no progress while it runs')
    .addOption(
      new Option('--ui <kind>', 'progress as a block that redraws itself, or as lines; auto: by the terminal')
        .choices(['auto', 'tui', 'plain', 'none'])
        .default('auto'),
    )
    .option('--exit-zero', 'exit 0 for a run that is invalid, failed or stalled (exploring)')
    .addOption(new Option('--color <when>', 'colour').choices(['auto', 'always', 'never']).default('auto'))
    .option('--no-color', 'same as --color never')
    .addHelpText('after', `${STRATEGY_HELP}${EXAMPLES}`)
    .action(async (scenario: string, options) =>
      (await import('./commands/run.ts')).runCommand(scenario, options),
    );
  addOptions(run, EXPERIMENT_ROWS).addOption(
    new Option('--order <kind>', 'order of the arms inside blocks')
      .choices(['random', 'williams'])
      .default('random'),
  );
  addOptions(run, JUDGING_ROWS);

  const compare = program
    .command('compare [results...]')
    .description(
      'compare results that are there: folders of runs or comparisons, record.json, baselines; name=path names an arm',
    );
  addOptions(compare, JUDGING_ROWS)
    .option(
      '--self-test [scenario]',
      'prove the comparison itself on this host: nothing found where nothing is, what is put in is found; a scenario of yours: its noise (default: self-test)',
    )
    .option('--blocks <count>', 'blocks of --self-test (default: 8)', wholeNumber)
    .option('--seed <number>', 'seed of --self-test (default: random, printed)', wholeNumber)
    .option('--results <folder>', 'where results are, and are written', 'results')
    .option(
      '-o, --out <file>',
      'one more report: .md, .html, .json, .csv, .xml (JUnit) and more (bpbench report --help), or format=file; repeatable, - is stdout',
      collect,
      [],
    )
    .addOption(ciOption())
    .option('--json', 'print the comparison record, and nothing else, on stdout')
    .option('-q, --quiet', 'print the verdict line only')
    .option('--no-progress', 'no progress while it runs')
    .option('--exit-zero', 'exit 0 for a verdict that is invalid, failed, stalled or worse (exploring)')
    .addOption(new Option('--color <when>', 'colour').choices(['auto', 'always', 'never']).default('auto'))
    .option('--no-color', 'same as --color never')
    .addHelpText('after', COMPARE_HELP)
    .action(async (results: string[], options) =>
      (await import('./commands/compare.ts')).compareCommand(results, options),
    );

  program
    .command('report [result]')
    .description(
      'make the reports of a result again, from what was recorded: its folder, its record.json, or latest (default)',
    )
    .option('--results <folder>', 'where results are looked for by their names, and latest', 'results')
    .option(
      '-o, --out <file>',
      'a report, format by the end of its name; repeatable, - is stdout',
      collect,
      [],
    )
    .addOption(ciOption())
    .option('--rewrite', 'write report.md and report.html beside the record again')
    .addOption(
      new Option(
        '--html-assets <place>',
        'where style and script of the page go with --rewrite: external writes report.css and report.js, for hosts that forbid them inside',
      )
        .choices(['inline', 'external'])
        .default('inline'),
    )
    .option('--json', 'print the record, and nothing else, on stdout')
    .addOption(new Option('--color <when>', 'colour').choices(['auto', 'always', 'never']).default('auto'))
    .option('--no-color', 'same as --color never')
    .addHelpText('after', REPORT_HELP)
    .action(async (result: string | undefined, options) =>
      (await import('./commands/report.ts')).reportCommand(result, options),
    );

  program
    .command('list [what]')
    .description('list scenarios, strategies, boundaries or results')
    .option('--json', 'an array of objects with name and summary, or of results')
    .option(
      '--limit <count>',
      'how many of the newest results, 0 for all (default: 20, with --json all)',
      wholeNumber,
    )
    .option('--results <folder>', 'where results are', 'results')
    .addHelpText(
      'after',
      '\nExamples:\n  bpbench list\n  bpbench list strategies --json\n  bpbench list results --limit 5',
    )
    .action(async (what: string | undefined, options) =>
      (await import('./commands/list.ts')).listCommand(what, options),
    );

  program
    .command('trend [scenario]')
    .description(
      'one metric over the results that are there, oldest first, with hints where its level changed; gates nothing',
    )
    .option(
      '--metric <name>',
      "which one, e.g. goodput or 'p99(sse fast)' (default: all.p99; in .html and .md the main ones, in CSV all)",
    )
    .option('--strategy <name>', 'of this strategy alone')
    .option('--plan <hash>', 'of this plan alone, as the rows of one scenario and strategy are told apart')
    .option(
      '--limit <count>',
      'results that are shown of each row, the newest ones; 0 for all',
      wholeNumber,
      DEFAULT_LIMIT,
    )
    .option(
      '-o, --out <file>',
      'write it to a file, format by the end of its name; repeatable, - is stdout',
      collect,
      [],
    )
    .option('--csv', 'medians in the form that Apache Otava reads, of one scenario and strategy')
    .option('--json', 'the series as JSON')
    .option('--results <folder>', 'where results are', 'results')
    .addHelpText('after', TREND_HELP)
    .action(async (scenario: string | undefined, options) =>
      (await import('./commands/trend.ts')).trendCommand(scenario, options),
    );

  program
    .command('prune')
    .description(
      'remove results by number, age or size; a comparison and its runs count as one and go together',
    )
    .option('--keep <count>', 'that many of the newest stay', wholeNumber)
    .option('--older-than <age>', 'what is older goes (30d, 12h)')
    .option('--max-size <size>', 'the oldest go until no more is left (1GiB, 500MB)')
    .option('--include-held', 'also what a .keep or a comparison holds')
    .option('--dry-run', 'show what would go, and remove nothing')
    .option('--json', 'what goes and what stays, as JSON')
    .option('--results <folder>', 'where results are', 'results')
    .addHelpText(
      'after',
      '\nExamples:\n  bpbench prune --keep 20 --dry-run\n  bpbench prune --older-than 30d --max-size 1GiB',
    )
    .action(async (options) => (await import('./commands/prune.ts')).pruneCommand(options));

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
    .description(
      'print the JSON Schema of a scenario or strategy file, a run record, a comparison, a line of a timeline, or a baseline',
    )
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
