import { flushCompileCache } from 'node:module';
import { Command, CommanderError } from 'commander';
import { loadConfig } from './config/load.ts';
import { ConfigRefused } from './config/problem.ts';
import type { Config } from './config/schema.ts';
import { EXIT } from './exit-codes.ts';

/** The daemon. Exits 0 after an orderly stop, 64 on wrong usage, 69 when one is running, 71 when the kernel refuses, 78 on a bad configuration. */
const command = new Command('nlbd')
  .description('one node of a load balancer pair')
  .requiredOption('--config <file>', 'the configuration, in YAML')
  .option('--check', 'only say whether the configuration is good')
  .exitOverride();

interface Options {
  config: string;
  check?: true;
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
const config = configFrom(options.config);
if (options.check) {
  process.stdout.write(`${options.config}: good\n`);
  process.exit(EXIT.ok);
}
// What only a daemon needs is loaded only now: a check answers sooner, and a bad configuration touches nothing.
const [{ pino }, { isServed }, { startDaemon }, { preferAllThreads }] = await Promise.all([
  import('pino'),
  import('./control/socket.ts'),
  import('./control/daemon.ts'),
  import('./control/priority.ts'),
]);
if (await isServed(config.control.socket))
  end(EXIT.unavailable, `nlbd: a daemon already serves ${config.control.socket}`);

preferAllThreads();
const log = pino({
  level: config.log.level,
  base: { node: config.node },
  timestamp: pino.stdTimeFunctions.isoTime,
  formatters: { level: (label) => ({ level: label }) },
});
let stopping = false;
const fatal = (code: number) => (error: Error) => {
  if (stopping) return;
  log.fatal({ err: error }, 'cannot go on');
  process.exit(code);
};
process.on('uncaughtException', fatal(EXIT.software));
try {
  const daemon = await startDaemon(config, log, fatal(EXIT.software));
  const stop = async (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    await daemon.stop();
    log.info({}, 'stopped');
    process.exit(EXIT.ok);
  };
  process.on('SIGTERM', stop);
  // A daemon that is killed would never write it: Node does so on an orderly exit alone. Without a cache it does nothing.
  flushCompileCache();
  process.on('SIGINT', stop);
} catch (error) {
  fatal(EXIT.system)(error as Error);
}
