import path from 'node:path';
import { driverNamed } from '../driver/drivers.ts';
import { list } from '../driver/registry.ts';
import { collectGarbage } from '../lab/gc.ts';
import { namedLab } from './named-lab.ts';
import { EXIT, UserError } from './problem.ts';

/** `onevip down NAME | --all`: takes labs down, whoever made them. */
export async function down(name: string | undefined, { all }: { all?: boolean }): Promise<void> {
  if ((name === undefined) === !all) throw new UserError('name one lab, or say --all', EXIT.usage);
  const labs = name === undefined ? list().labs : [namedLab(name).state];
  for (const lab of labs) {
    await driverNamed(lab.driver).unmake(lab);
    console.log(`down ${lab.name}`);
  }
  if (labs.length === 0) console.log('no labs');
}

/** `onevip gc`: removes what runs that died have left, and nothing else. */
export async function gc(): Promise<void> {
  const { labs, runFolders, interrupted } = await collectGarbage();
  for (const lab of labs) console.log(`removed the lab ${lab}`);
  for (const folder of runFolders) console.log(`removed the unfinished results ${folder}`);
  for (const folder of interrupted)
    console.log(`the run ${folder} was interrupted; what it found is kept: ./onevip merge ${path.basename(folder)}`);
  if (labs.length + runFolders.length + interrupted.length === 0) console.log('nothing to remove');
}
