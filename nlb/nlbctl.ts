import { Command, CommanderError } from 'commander';
import { NoDaemon, request } from './control/client.ts';
import { showStatus } from './control/show.ts';
import type { Status } from './control/status.ts';
import { EXIT } from './exit-codes.ts';

/** The operator's command. Exits 0, 64 on wrong usage, 69 when no daemon answers, 75 when it refuses. */
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
  .action(async () => {
    for (const event of (await ask('events')) as object[]) print(JSON.stringify(event));
  });

async function ask(command: string): Promise<unknown> {
  const answer = await request(program.opts<{ socket: string }>().socket, command);
  if (answer.ok) return answer.value;
  return end(EXIT.refused, answer.error);
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
  if (error instanceof NoDaemon) end(EXIT.unavailable, error.message);
  throw error;
}
