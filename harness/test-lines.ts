import { createInterface } from 'node:readline';

/**
 * `tap --reporter=tap | node test-lines.ts`: of the TAP of test files, a line for each file as it ends, with the time left; of one that failed all
 * that it said but the assertions that passed; and the total. The time left supposes that the files to come take as long as those that were.
 */

const beganMs = performance.now();
let [planned, ended] = [0, 0];
/** What the file that is shown now has said. */
let block: string[] = [];

const isPassed = (line: string): boolean => /^ +ok \d+/.test(line);

function fileEnded(verdict: string, file: string, took: string): void {
  ended += 1;
  const elapsedS = (performance.now() - beganMs) / 1000;
  const leftS = planned > ended ? (elapsedS / ended) * (planned - ended) : 0;
  const left = planned > ended ? `, about ${Math.ceil(leftS)} s left` : '';
  if (verdict !== 'ok') console.log(block.filter((line) => !isPassed(line)).join('\n'));
  console.log(`${elapsedS.toFixed(1).padStart(6)} ${verdict.padEnd(6)} ${file}${took} (${ended} of ${planned}${left})`);
  block = [];
}

for await (const line of createInterface({ input: process.stdin })) {
  const [, verdict, file = '', took = ''] = /^(ok|not ok) \d+ - (\S+)(?: #.*?time=([\d.]+m?s).*)?$/.exec(line) ?? [];
  const plan = /^1\.\.(\d+)$/.exec(line);
  if (plan) planned = Number(plan[1]);
  else if (verdict !== undefined) fileEnded(verdict, file, took === '' ? '' : ` ${took}`);
  else if (/^# \{/.test(line) || /^Bail out!/.test(line)) console.log(line);
  else if (!/^# Subtest:|^TAP version|^$/.test(line)) block.push(line);
}
