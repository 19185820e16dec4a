import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { TestResult } from '../../reports/run-report.ts';
import { NOT_ENDED } from '../check/invariants/nothing-left.ts';
import { judgeAlways } from './always.ts';
import type { Assignment } from './assignment.ts';
import { type SuiteClaims, writeClaims } from './claims-file.ts';
import { unshownBy } from './lacking.ts';
import { settingOf } from './setting.ts';
import { openStage, type Stage } from './stage.ts';
import { jobName, type Suite } from './suite.ts';
import { commandOf } from './test-command.ts';

/** How a lab ended: the results of what must hold in every history, and how its history's file is called from now on. */
export interface Ended {
  results: TestResult[];
  historyFile: string;
  storedFile: string;
}

/** The labs of a suite, one after the other: a test that could not be carried out to its end leaves its lab to nobody. */
export class Labs {
  private readonly suite: Suite;
  private readonly assignment: Assignment;
  private readonly folder: string;
  private readonly settings: Pick<Assignment, 'system' | 'driver' | 'datapath' | 'seed'>;
  private count = 0;
  private stage: Stage | undefined;
  /** What has been claimed of what was seen in the lab that there is. */
  private claimed: SuiteClaims | undefined;
  /** Why no lab comes up: it is not tried again for each test. */
  private refusal: unknown;

  constructor(suite: Suite, assignment: Assignment, folder: string) {
    this.suite = suite;
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
    const stage = await openStage({ ...this.suite, ...this.settings }, this.assignment.topology, this.ownFolder);
    this.claimed = {
      setting: settingOf(stage.scene.lab.plan),
      breaks: breaksOf(this.suite),
      unshown: unshownBy(stage.scene.lab.system),
      tests: [],
    };
    writeClaims(this.ownFolder, this.claimed);
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
      await (keep ? watched() : finish());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      scene.recorder.record({ kind: 'act', what: NOT_ENDED, atNs: scene.nowNs(), detail: why });
    }
    if (!this.claimed) throw new Error('a lab was watched, and nothing is known of its setting');
    const { suite, assignment } = this;
    const { topology } = assignment;
    const results = judgeAlways(this.claimed, scene.recorder.events(), {
      suite: jobName({ suite, topology }),
      runAgain: commandOf({ suite: suite.name, topology }, assignment),
      files: [this.historyFile],
    });
    const which = this.count > 1 ? ` (lab ${this.count})` : '';
    return results.map((result) => ({ ...result, title: result.title + which }));
  }
}

/** What its tests break on purpose, by title. */
const breaksOf = ({ tests }: Suite): SuiteClaims['breaks'] =>
  Object.fromEntries(Object.entries(tests).flatMap(([title, { breaks }]) => (breaks ? [[title, breaks]] : [])));
