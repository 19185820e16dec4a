import { execFileSync } from 'node:child_process';
import path from 'node:path';
import t from 'tap';
import { identify, lives } from './process-identity.ts';

t.test('a process lives until it ends, and one that was given its number later is another', async (t) => {
  const own = identify(process.pid);
  t.ok(own && lives(own));
  t.notOk(own && lives({ ...own, startedTicks: '1' }));
  t.equal(identify(2 ** 22 + 1), undefined, 'numbers end before that (proc(5), pid_max)');
});

t.test('who may open no more files does not take anybody for dead', async (t) => {
  const program = `
    import { closeSync, openSync } from 'node:fs';
    import { identify } from '${path.join(import.meta.dirname, 'process-identity.ts')}';
    const files = [];
    let said = '';
    while (said === '') try { files.push(openSync('/dev/null')); } catch (error) { said = error.code; }
    try { said += identify(process.pid); } catch (error) { said += ' ' + error.code; }
    // Whoever loads this test writes a file of its own at the end.
    for (const file of files) closeSync(file);
    console.log(said);`;
  const node = [process.execPath, '--input-type=module', '--eval', program];
  t.equal(execFileSync('prlimit', ['--nofile=64', ...node], { encoding: 'utf8' }), 'EMFILE EMFILE\n');
});
