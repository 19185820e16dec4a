import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { DaemonGone, follow, list, NoDaemon, type Request, request } from './control/client.ts';
import type { ConnectionShown, CountersShown, TraceShown } from './control/inspection.ts';
import type { Reloaded } from './control/reload.ts';
import { showStatus } from './control/show.ts';
import { showConnection, showCounters, showTrace } from './control/show-inspection.ts';
import { showReload } from './control/show-reload.ts';
import { type SyncShown, showSync } from './control/show-sync.ts';
import type { Status } from './control/status.ts';
import { EXIT } from './exit-codes.ts';

/** Of a handover. */
const FORCE = 'even if the node that is to lead is not in step yet: then connections may be lost';

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
    const status = (await ask({ command: 'status' })) as Status;
    print(json ? JSON.stringify(status) : showStatus(status));
  });
program
  .command('takeover')
  .description('have this node lead, with nothing lost')
  .option('--force', FORCE)
  .action(async (forced: { force?: true }) => {
    await ask({ command: 'takeover', ...forced });
    print('active');
  });
program
  .command('standby')
  .description('have the peer lead, with nothing lost')
  .option('--force', FORCE)
  .action(async (forced: { force?: true }) => {
    await ask({ command: 'standby', ...forced });
    print('standby');
  });
program
  .command('sync')
  .description('whether the peer may take over at any instant with no connection moved, and why not')
  .option('--compare', 'first have both nodes say where a sample of the connections goes (on the node that leads)')
  .option('--json', 'as one JSON object')
  .action(async ({ json, ...asked }: { json?: true; compare?: true }) => {
    const sync = (await ask({ command: 'sync', ...asked })) as SyncShown;
    print(json ? JSON.stringify(sync) : showSync(sync));
  });
program
  .command('events')
  .description('what has happened, one JSON object a line')
  .option('-f, --follow', 'go on with what happens, until Ctrl-C or the end of the daemon')
  .action(async ({ follow }: { follow?: true }) => {
    if (follow) return followEvents();
    for (const event of (await ask({ command: 'events' })) as object[]) print(JSON.stringify(event));
  });

program
  .command('reload')
  .description('have the daemon take up its configuration file as it is now')
  .option('--check', 'only say what that would change')
  .option('--json', 'as one JSON object')
  .action(async ({ check, json }: { check?: true; json?: true }) => {
    const reloaded = (await ask({ command: check ? 'reload-check' : 'reload' })) as Reloaded;
    print(json ? JSON.stringify(reloaded) : showReload(reloaded));
    if (reloaded.outcome === 'refused') process.exitCode = EXIT.config;
  });

program
  .command('counters')
  .description('what has become of packets, and what each service and each server has been sent')
  .option('--json', 'as one JSON object')
  .action(async ({ json }: { json?: true }) => {
    const counters = (await ask({ command: 'counters' })) as CountersShown;
    print(json ? JSON.stringify(counters) : showCounters(counters));
  });
program
  .command('connections')
  .description('the connections that the data path knows')
  .option('--server <name>', 'only those to this server')
  .option('--client <address>', 'only those of this client')
  .option('--limit <n>', 'no more than so many', count, 1000)
  .option('--json', 'a JSON object a line')
  .action(listConnections);
program
  .command('trace')
  .description('what would become of the next packet of a client, and why; nothing is sent')
  .argument('<client>', 'ADDRESS:PORT, or ADDRESS for a port of your choice: then 49152 is taken', clientOf)
  .option('--service <name>', 'only to this service')
  .option('--json', 'a JSON object a line')
  .action(async (client: ReturnType<typeof clientOf>, { service, json }: { service?: string; json?: true }) => {
    const wanted = { ...client, ...(service !== undefined && { service }) };
    await listRows('trace', wanted, (trace: TraceShown) => (json ? JSON.stringify(trace) : `${showTrace(trace)}\n`));
  });

interface Wanted {
  server?: string;
  client?: string;
  limit: number;
  json?: true;
}

async function listConnections({ json, ...wanted }: Wanted): Promise<void> {
  const text = (connection: ConnectionShown) => (json ? JSON.stringify(connection) : showConnection(connection));
  const { more } = (await listRows('connections', wanted, text)) as { more: boolean };
  if (more) process.stderr.write(`nlbctl: there are more than ${wanted.limit}; --limit shows them\n`);
}

/** A row at a time; gives what is said at the end. */
async function listRows<Row>(command: string, wanted: object, text: (row: Row) => string): Promise<unknown> {
  endWithReader();
  const row = (each: unknown) => print(text(each as Row));
  const answer = await list(program.opts<{ socket: string }>().socket, { command, ...wanted }, row);
  return answer.ok ? answer.value : end(EXIT.refused, answer.error);
}

function count(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it must be a whole number above zero.');
}

const ANY_PORT = '49152';

function clientOf(text: string): { client: string; port: number } {
  const [, client, port = ANY_PORT] = /^([\d.]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (client === undefined) throw new InvalidArgumentError('it must be ADDRESS or ADDRESS:PORT.');
  return { client, port: Number(port) };
}

async function ask(asked: Request): Promise<unknown> {
  const answer = await request(program.opts<{ socket: string }>().socket, asked);
  if (answer.ok) return answer.value;
  return end(EXIT.refused, answer.error);
}

async function followEvents(): Promise<void> {
  endWithReader();
  const answer = await follow(program.opts<{ socket: string }>().socket, { command: 'follow' }, print);
  if (!answer.ok) end(EXIT.refused, answer.error);
}

/** Whoever reads may have had enough: `nlbctl events -f | head -1`. */
function endWithReader(): void {
  process.stdout.on('error', () => process.exit(EXIT.ok));
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
