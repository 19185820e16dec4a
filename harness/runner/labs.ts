import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { TestResult } from '../../reports/run-report.ts';
import type { SuiteTest } from '../act/suite-test.ts';
import { NOT_ENDED } from '../check/invariants/nothing-left.ts';
import type { Lab } from '../lab/lab.ts';
import { readDrops } from '../lab/read-drops.ts';
import { judgeAlways } from './always.ts';
import type { Assignment } from './assignment.ts';
import { type SuiteClaims, writeClaims } from './claims-file.ts';
import { unshownBy } from './lacking.ts';
import { settingOf } from './setting.ts';
import { openStage, type Stage } from './stage.ts';
import { type Group, groupName } from './suite.ts';
import { commandOf } from './test-command.ts';

/** How a lab ended: the results of what must hold in every history, and how its history's file is called from now on. */
export interface Ended {
  results: TestResult[];
  historyFile: string;
  storedFile: string;
}

/** The labs of some suites, one after the other: a test that could not be carried out to its end leaves its lab to nobody. */
export class Labs {
  private readonly group: Group;
  private readonly assignment: Assignment;
  private readonly folder: string;
  private readonly settings: Pick<Assignment, 'system' | 'driver' | 'datapath' | 'seed'>;
  private count = 0;
  private stage: Stage | undefined;
  /** What has been claimed of what was seen in the lab that there is. */
  private claimed: SuiteClaims | undefined;
  /** By which ways the load balancers of the lab that there is forward. */
  private forwardedBy: string[] = [];
  /** Why no lab comes up: it is not tried again for each test. */
  private refusal: unknown;

  constructor(group: Group, assignment: Assignment, folder: string) {
    this.group = group;
    this.assignment = assignment;
    this.folder = folder;
    const { system, driver, datapath, seed } = assignment;
    this.settings = {
      system,
      driver,
      ...(datapath !== undefined && { datapath }),
      ...(seed !== undefined && { seed }),
    };
  }

  /** The lab that there is, or a new one. */
  async current(): Promise<Stage> {
    if (this.refusal !== undefined) throw this.refusal;
    try {
      this.stage ??= await this.open();
      return this.stage;
    } catch (error) {
      this.refusal = error;
      throw error;
    }
  }

  /** The name of the lab that there is. */
  get name(): string | undefined {
    return this.stage?.scene.lab.name;
  }

  /** Whether the system of the lab that there is goes by another configuration than at its start: no other suite can do with that. */
  get isChanged(): boolean {
    return this.stage?.scene.lab.isChanged === true;
  }

  /** The history of the lab that there is, from the run's folder. */
  get historyFile(): string {
    return path.join(path.relative(path.dirname(this.folder), this.ownFolder), 'history.jsonl');
  }

  /** The folder of the lab's history and claims: the suite's own for its first lab, `lab-2` and so on in it for others. */
  get ownFolder(): string {
    return this.count <= 1 ? this.folder : path.join(this.folder, `lab-${this.count}`);
  }

  /** Writes down what a test claims of the lab that there is. */
  claim(test: SuiteClaims['tests'][number]): void {
    if (!this.claimed) throw new Error('there is no lab of which anything could be claimed');
    this.claimed.tests.push(test);
    writeClaims(this.ownFolder, this.claimed);
  }

  private async open(): Promise<Stage> {
    this.count += 1;
    mkdirSync(this.ownFolder, { recursive: true });
    const [{ suite }] = this.group;
    const stage = await openStage({ ...suite, ...this.settings }, this.assignment.topology, this.ownFolder);
    this.claimed = {
      setting: settingOf(stage.scene.lab.plan),
      breaks: declaredBy(this.group, ({ breaks }) => breaks),
      drops: declaredBy(this.group, ({ drops }) => drops),
      unshown: unshownBy(stage.scene.lab.system),
      tests: [],
    };
    writeClaims(this.ownFolder, this.claimed);
    this.forwardedBy = await dataPathsOf(stage.scene.lab);
    return stage;
  }

  /**
   * Ends what runs in the lab, judges what must hold in every history, and takes the lab down, unless it is to be kept. Where all passed, in the
   * tests (`passed`) and here, the history is compressed, and there are no captures unless they were asked for.
   */
  async end({ passed, keepLab }: { passed: boolean; keepLab: boolean }): Promise<Ended> {
    const { stage, historyFile } = this;
    this.stage = undefined;
    if (!stage) return { results: [], historyFile, storedFile: historyFile };
    let results: TestResult[] = [];
    let compress = false;
    try {
      results = await this.judge(stage, keepLab);
      compress = passed && results.every(({ verdict }) => verdict === 'pass');
    } finally {
      await stage.close({ keepLab, compress, captures: !compress || this.assignment.captures });
    }
    return { results, historyFile, storedFile: compress ? `${historyFile}.zst` : historyFile };
  }

  /** What could not be ended or looked at makes the verdicts unknown that need it, and says so itself. */
  private async judge({ scene, finish, watched }: Stage, keep: boolean): Promise<TestResult[]> {
    try {
      await readDrops(scene.lab, scene.recorder);
      await (keep ? watched() : finish());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      scene.recorder.record({ kind: 'act', what: NOT_ENDED, atNs: scene.nowNs(), detail: why });
    }
    if (!this.claimed) throw new Error('a lab was watched, and nothing is known of its setting');
    const { group, assignment } = this;
    const { topology } = assignment;
    const isShared = group.length > 1;
    const suite = group.map((job) => job.suite.name).join(' ');
    const results = judgeAlways(this.claimed, scene.recorder.events(), {
      suite: groupName(group),
      runAgain: commandOf({ suite, topology, ...(isShared && { brief: true }) }, assignment),
      files: [this.historyFile],
    });
    const which = this.count > 1 ? ` (lab ${this.count})` : '';
    const forwarded = this.forwardedBy.length > 0 && { forwardedBy: this.forwardedBy };
    return results.map((result) => ({ ...result, ...forwarded, title: result.title + which }));
  }
}

async function dataPathsOf(lab: Lab): Promise<string[]> {
  const told = await Promise.all(lab.nodes('nlb').map((node) => lab.system.dataPath?.(node)));
  return [...new Set(told.filter((way) => way !== undefined))].toSorted();
}

/** What the tests of its suites say that they do on purpose, by title. */
const declaredBy = <Said>(group: Group, by: (test: SuiteTest) => Said[] | undefined): Record<string, Said[]> =>
  Object.fromEntries(
    group
      .flatMap(({ suite }) => Object.entries(suite.tests))
      .flatMap(([title, test]) => {
        const said = by(test);
        return said ? [[title, said]] : [];
      }),
  );
