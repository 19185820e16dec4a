import { flushCompileCache } from 'node:module';
import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { loadConfig } from './config/load.ts';
import { ConfigRefused } from './config/problem.ts';
import type { Config } from './config/schema.ts';
import type { Daemon } from './control/daemon.ts';
import { EXIT } from './exit-codes.ts';

/** The daemon. Exits 0 after an orderly stop, 64 on wrong usage, 69 when one is running, 71 when the kernel refuses, 78 on a bad configuration. */
const command = new Command('nlbd')
  .description('one node of a load balancer pair')
  .requiredOption('--config <file>', 'the configuration, in YAML')
  .option('--check', 'only say whether the configuration is good')
  .option(
    '--keep [seconds]',
    'when stopped, leave all for a successor; the lead too, if nobody else could have it',
    toSeconds,
  )
  .exitOverride();

interface Options {
  config: string;
  check?: true;
  /** Seconds; true for the usual ones. */
  keep?: true | number;
}

/** How long a node without a peer goes on leading while its daemon is restarted: many times what a start takes. */
const KEEP_SECONDS = 10;
const MOST_KEEP_SECONDS = 60;

function toSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MOST_KEEP_SECONDS) return seconds;
  throw new InvalidArgumentError(`It must be more than 0 and at most ${MOST_KEEP_SECONDS}.`);
}

function parse(): Options {
  try {
    return command.parse().opts<Options>();
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
    throw error;
  }
}

function configFrom(file: string): Config {
  try {
    return loadConfig(file);
  } catch (error) {
    if (error instanceof ConfigRefused) return end(EXIT.config, error.message);
    return end(EXIT.config, `nlbd: cannot read the configuration: ${(error as Error).message}`);
  }
}

function end(code: number, text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

const options = parse();
const file = resolve(options.config);
const config = configFrom(options.config);
if (options.check) {
  process.stdout.write(`${options.config}: good\n`);
  process.exit(EXIT.ok);
}
// From here on the signal does not end the process; one that comes before the daemon is there is not lost.
const running = Promise.withResolvers<Daemon>();
process.on('SIGHUP', () => void running.promise.then((daemon) => daemon.reload('SIGHUP')));
// What only a daemon needs is loaded only now: a check answers sooner, and a bad configuration touches nothing.
const [{ pino }, { lastingObstacleAt }, { lockInterface }, { startDaemon }, { raiseThreadPriority }] =
  await Promise.all([
    import('pino'),
    import('./control/socket-file.ts'),
    import('./control/single-instance.ts'),
    import('./control/daemon.ts'),
    import('./control/thread-priority.ts'),
  ]);
const obstacle = await lastingObstacleAt(config.control.socket);
if (obstacle !== undefined) end(EXIT.unavailable, `nlbd: the control socket ${config.control.socket} ${obstacle}`);
const hold = await lockInterface(config.access.interface);
if (hold.refused !== undefined) end(EXIT.unavailable, `nlbd: ${hold.refused}`);

raiseThreadPriority();
const log = pino({
  level: config.log.level,
  base: { node: config.node },
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
});
if (hold.unsure !== undefined) log.warn({ problem: hold.unsure }, 'problem');
let stopping = false;
const fatal = (code: number) => (error: Error) => {
  if (stopping) return;
  log.fatal({ err: error }, 'cannot go on');
  process.exit(code);
};
process.on('uncaughtException', fatal(EXIT.software));
const stop = async (signal: NodeJS.Signals) => {
  const daemon = await running.promise;
  if (stopping) return;
  stopping = true;
  log.info({ signal }, 'stopping');
  await daemon.stop();
  log.info({}, 'stopped');
  process.exit(EXIT.ok);
};
// Before there is anything that would be left behind, and before the beat thread watches for these too.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, (name) => void stop(name));
try {
  const keepMs = options.keep && 1000 * (options.keep === true ? KEEP_SECONDS : options.keep);
  const start = { file, config, ...(keepMs !== undefined && { keepMs }) };
  running.resolve(await startDaemon(start, log, fatal(EXIT.software)));
  // A daemon that is killed would never write it: Node does so on an orderly exit alone. Without a cache it does nothing.
  flushCompileCache();
} catch (error) {
  fatal(EXIT.system)(error as Error);
}
