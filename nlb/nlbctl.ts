import { Command, CommanderError } from 'commander';
import { DaemonGone, follow, NoDaemon, request } from './control/client.ts';
import type { Reloaded } from './control/reload.ts';
import { showStatus } from './control/show.ts';
import { showReload } from './control/show-reload.ts';
import type { Status } from './control/status.ts';
import { EXIT } from './exit-codes.ts';

/** The operator's command. Exits 0, 64 on wrong usage, 69 when no daemon answers, 75 when it refuses, 78 when a configuration is refused. */
const program = new Command('nlbctl')
  .description('look at and steer the load balancer of this node')
  .option('--socket <path>', 'the control socket', process.env.NLB_SOCKET ?? '/run/nlb/nlbd.sock')
  .exitOverride();

program
  .command('status')
  .description('the state of this node, of the pair, and of the servers')
  .option('--json', 'as one JSON object')
  .action(async ({ json }: { json?: true }) => {
    const status = (await ask('status')) as Status;
    print(json ? JSON.stringify(status) : showStatus(status));
  });
program
  .command('takeover')
  .description('have this node lead, with nothing lost')
  .action(async () => {
    await ask('takeover');
    print('active');
  });
program
  .command('standby')
  .description('have the peer lead, with nothing lost')
  .action(async () => {
    await ask('standby');
    print('standby');
  });
program
  .command('events')
  .description('what has happened, one JSON object a line')
  .option('-f, --follow', 'go on with what happens, until Ctrl-C or the end of the daemon')
  .action(async ({ follow }: { follow?: true }) => {
    if (follow) return followEvents();
    for (const event of (await ask('events')) as object[]) print(JSON.stringify(event));
  });

program
  .command('reload')
  .description('have the daemon take up its configuration file as it is now')
  .option('--check', 'only say what that would change')
  .option('--json', 'as one JSON object')
  .action(async ({ check, json }: { check?: true; json?: true }) => {
    const reloaded = (await ask(check ? 'reload-check' : 'reload')) as Reloaded;
    print(json ? JSON.stringify(reloaded) : showReload(reloaded));
    if (reloaded.outcome === 'refused') process.exitCode = EXIT.config;
  });

async function ask(command: string): Promise<unknown> {
  const answer = await request(program.opts<{ socket: string }>().socket, command);
  if (answer.ok) return answer.value;
  return end(EXIT.refused, answer.error);
}

async function followEvents(): Promise<void> {
  // Whoever reads may have had enough: `nlbctl events -f | head -1`.
  process.stdout.on('error', () => process.exit(EXIT.ok));
  const answer = await follow(program.opts<{ socket: string }>().socket, 'follow', print);
  if (!answer.ok) end(EXIT.refused, answer.error);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function end(code: number, text: string): never {
  process.stderr.write(`nlbctl: ${text}\n`);
  process.exit(code);
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? EXIT.ok : EXIT.usage);
  if (error instanceof NoDaemon || error instanceof DaemonGone) end(EXIT.unavailable, error.message);
  throw error;
}
