import { execFileSync } from 'node:child_process';
import t from 'tap';
import { commandOf } from './test-command.ts';

const NLB = { system: 'nlb', driver: 'netns' } as const;

t.test('the command names the test, and how it was run', async (t) => {
  t.equal(commandOf({ suite: 'arp', topology: 'invention' }, NLB), './onevip conformance arp --topology invention');
  t.equal(
    commandOf(
      { suite: 'chaos', topology: 'prior-art', title: 'faults', long: true, seed: 7 },
      { ...NLB, datapath: 'tc' },
    ),
    "./onevip conformance chaos --topology prior-art --grep '^faults$' --long --datapath tc --seed 7",
  );
  t.match(commandOf({ suite: 'arp', topology: 'x' }, { ...NLB, system: 'other' }), / --system other$/);
  t.match(commandOf({ suite: 'arp', topology: 'x' }, { ...NLB, driver: 'docker' }), / --driver docker$/);
});

t.test('a shell gives the pattern back that fits the title, and no other', async (t) => {
  for (const title of ["it's (a) test: 5 % of 1.5 + $x [y] ^z|w?", 'the node’s `alias` \\ back']) {
    const command = commandOf({ suite: 's', topology: 't', title }, NLB);
    const pattern = execFileSync('sh', ['-c', `printf %s ${command.slice(command.indexOf("'"))}`], {
      encoding: 'utf8',
    });
    t.match(title, new RegExp(pattern, 'u'));
    t.notMatch(`${title}.`, new RegExp(pattern, 'u'));
  }
});
