import { Command, InvalidArgumentError, Option } from 'commander';
import { EXIT, UserError } from './commands/problem.ts';
import { BadTopology } from './topology/load.ts';

/** Each command's module is loaded when it is called, so that none pays for the others. */
const program = new Command('onevip')
  .description('a redundant load balancer that needs one public address, and the harness that proves it')
  .enablePositionalOptions()
  .showHelpAfterError()
  .exitOverride();

const DATAPATHS = ['auto', 'xdp', 'xdp-generic', 'tc', 'userspace'];
const DRIVERS = ['netns', 'docker'];
const servers = ['--servers <n>', 'number of servers', count] as const;
const system = [
  '--system <name>',
  'the load balancer under test, instead of ours: see harness/system/README.md',
] as const;

const driver = () =>
  new Option('--driver <name>', 'what nodes are made of: see harness/driver/README.md').choices(DRIVERS);

program
  .command('up [topology]')
  .description('make a lab that stays, and wait until it serves')
  .option('--name <name>', 'name of the lab')
  .option(...servers)
  .option(...system)
  .addOption(driver())
  .option('--json', 'print what inspect --json prints')
  .action(async (topology = 'invention', options) => (await import('./commands/up.ts')).up(topology, options));
program
  .command('ls')
  .description('list the labs on this machine')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./commands/list.ts')).listLabs(options));
program
  .command('inspect <lab>')
  .description('show nodes, namespaces, interfaces and addresses of a running lab')
  .option('--json', 'as JSON')
  .action(async (lab, options) => (await import('./commands/inspect.ts')).inspectLab(lab, options));
program
  .command('exec <lab> <node> [command...]')
  .description('run a command on a node; put -- before it')
  .passThroughOptions()
  .action(async (lab, node, command) => (await import('./commands/execute.ts')).execute(lab, node, command));
program
  .command('shell <lab> <node>')
  .description('open a shell on a node')
  .action(async (lab, node) => (await import('./commands/execute.ts')).shell(lab, node));
program
  .command('capture <lab> <segment>')
  .description('show the frames on a segment, or write them to a file')
  .option('-w, --write <file>', 'pcap file, or - for standard output')
  .action(async (lab, segment, options) => (await import('./commands/capture.ts')).capture(lab, segment, options));
program
  .command('graph <topology-or-lab>')
  .description('draw a topology: Mermaid, or SVG')
  .option('--svg', 'SVG instead of Mermaid')
  .option(...servers)
  .action(async (what, options) => (await import('./commands/draw.ts')).graph(what, options));
program
  .command('plan [topology]')
  .description('show what up would make, and make nothing')
  .option(...servers)
  .option('--json', 'the plan itself, as JSON')
  .action(async (topology = 'invention', options) => (await import('./commands/draw.ts')).showPlan(topology, options));
program
  .command('down [lab]')
  .description('take a lab down')
  .option('--all', 'every lab on this machine')
  .action(async (lab, options) => (await import('./commands/down.ts')).down(lab, options));
program
  .command('gc')
  .description('remove what runs that died have left')
  .action(async () => (await import('./commands/down.ts')).gc());
program
  .command('image')
  .description('make the image that nodes are started from as containers, of this machine’s own programs')
  .action(async () => (await import('./commands/image.ts')).image());
program
  .command('doctor')
  .description('say what this machine can run, and what would change that')
  .option('--json', 'as JSON')
  .action(async (options) => (await import('./commands/doctor.ts')).doctor(options));
program
  .command('conformance [suite...]')
  .description('run the suites, in labs of their own or (brief) shared ones, and print a verdict for every requirement')
  .option('--topology <topology>', 'run only what can run on this topology, on it')
  .option('--jobs <n>', 'suites at once', count)
  .option('--list', 'list suites, tests and requirements, and run nothing')
  .option('--grep <pattern>', 'only tests whose title, or "suite: title", the regular expression fits', pattern)
  .option('--last-failed', 'only tests that did not pass in the last run')
  .option('--shard <i/n>', 'one of n parts of the run; merge makes one report of them', shard)
  .option('--repeat-each <n>', 'run each test so often, and say which are flaky', count)
  .option('--fail-fast', 'begin nothing more after the first failure')
  .option('--keep-lab-on-fail', 'leave the lab of a test that failed as it is, and say how to enter it')
  .option('--captures', 'write the frames to captures, also where all passed')
  .option('--keep-runs <n>', 'how many runs are kept in runs/ (20)', count)
  .option('--thorough', 'run thorough tests, too, as with suites or a topology that are named')
  .option('--brief', 'leave thorough tests out, also of suites or a topology that are named')
  .option('--long', 'run long tests, too')
  .option('--seed <n>', 'of everything random; drawn when absent', count)
  .option(...system)
  .addOption(driver())
  .addOption(new Option('--datapath <mode>', 'how the load balancers forward').choices(DATAPATHS))
  .action(async (suites, options) => (await import('./commands/conformance.ts')).conformance(suites, options));
program
  .command('merge <run...>')
  .description('make one report of the parts of a run, or of a run that was interrupted')
  .action(async (runs) => (await import('./commands/merge.ts')).merge(runs));
program
  .command('check <run> [suite...]')
  .description('judge what a run has stored again, by its histories and claims alone, without a lab')
  .action(async (run, suites) => (await import('./commands/check.ts')).check(run, suites));
program
  .command('nightly [step...]')
  .description(
    'what is too long for every change: planted bugs, mutants of the checkers, long tests, rounds of the brief run, the million, the model',
  )
  .option('--list', 'list the steps, and run nothing')
  .action(async (steps, options) => (await import('./commands/nightly.ts')).nightly(steps, options));
program
  .command('planted [name...]')
  .description('try whether the suites notice load balancers that are wrong on purpose')
  .option('--jobs <n>', 'planted bugs at once', count)
  .option('--list', 'list them, and run nothing')
  .option('--table', 'write the verdicts into the table of harness/planted/README.md')
  .action(async (names, options) => (await import('./commands/planted.ts')).planted(names, options));
program
  .command('bench <what>')
  .description(
    'measure against bounds: lab (bring-up and teardown), failover (what clients notice of each fault), datapath (what a packet costs), sync (what takeovers cost connections while weights change)',
  )
  .option('--trials <n>', 'number of trials', count)
  .option('--servers <n>', 'lab: number of servers', count)
  .option('--fault <name>', 'failover: this fault alone')
  .option('--part <name>', 'sync: takeovers or costs alone')
  .option(...system)
  .option('--against <commit>', 'failover: that version by turns with this one, and the ratio of their outages')
  .addOption(driver())
  .option('--runs <n>', 'datapath: single runs for each median, at least', count)
  .option('--json <file>', 'failover, datapath, sync: write all that was measured to a file')
  .action(async (what, options) => (await import('./commands/bench.ts')).bench(what, options));

function pattern(text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function shard(text: string): { index: number; of: number } {
  const [, index = 0, of = 0] = (/^([1-9]\d*)\/([1-9]\d*)$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > of) throw new InvalidArgumentError('give which part of how many: 2/4');
  return { index, of };
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number from 1 on');
  return value;
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Gives the exit code. Commander has printed its own complaints already. */
function explain(error: unknown): number {
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')) {
    return 'exitCode' in error && error.exitCode === 0 ? EXIT.passed : EXIT.usage;
  }
  const isUsers = error instanceof UserError || error instanceof BadTopology;
  console.error(isUsers ? `onevip: ${error.message}` : error);
  if (error instanceof UserError) return error.exitCode;
  return isUsers ? EXIT.usage : EXIT.failed;
}
