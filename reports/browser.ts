import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

/** Debian's, with a window or without. */
const COMMANDS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];

/** It is root who runs the tests, for whom Chromium has no sandbox; and nobody is to be asked for updates. */
const WORDS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
  '--remote-debugging-pipe',
];

export const findChromium = (): string | undefined => COMMANDS.find((command) => existsSync(command));

/** What Chromium says of its own accord, or answers (Chrome DevTools Protocol); each ends with an octet of zero. */
interface Message {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** A page in Chromium, as whoever reads it has it. */
export class Page {
  readonly #orders: Writable;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #listeners = new Set<(message: Message) => void>();
  /** Which page is meant; none: the browser itself. */
  #session: string | undefined;
  #lastId = 0;

  private constructor(orders: Writable, answers: Readable) {
    this.#orders = orders;
    let rest = '';
    answers.setEncoding('utf8').on('data', (text: string) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop() ?? '';
      for (const message of messages) this.#read(JSON.parse(message) as Message);
    });
  }

  /**
   * Starts a Chromium with one page. It ends with whoever started it, for that one holds the other end of its pipes.
   * @param profile folder for what it keeps; whatever a page has it download goes there, too.
   */
  static async open(command: string, profile: string): Promise<{ page: Page; close(): Promise<void> }> {
    const words = [...WORDS, `--user-data-dir=${profile}`];
    const browser = spawn(command, words, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    const ended = once(browser, 'exit');
    const [, , , orders, answers] = browser.stdio;
    const page = new Page(orders as Writable, answers as Readable);
    await page.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: profile, eventsEnabled: true });
    const { targetId } = await page.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await page.send('Target.attachToTarget', { targetId, flatten: true });
    page.#session = sessionId as string;
    await page.send('Page.enable');
    const close = async (): Promise<void> => {
      page.#session = undefined;
      await page.send('Browser.close');
      await ended;
    };
    return { page, close };
  }

  #read(message: Message): void {
    if (message.id === undefined) for (const listener of this.#listeners) listener(message);
    else this.#waiting.get(message.id)?.(message);
  }

  /** @throws what Chromium has to say against it */
  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    const answered = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    const session = this.#session && { sessionId: this.#session };
    this.#orders.write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    const { result, error } = await answered;
    this.#waiting.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  /** The next of these events. */
  next(...methods: string[]): Promise<Message> {
    return new Promise((resolve) => {
      const listener = (message: Message): void => {
        if (!methods.includes(message.method ?? '')) return;
        this.#listeners.delete(listener);
        resolve(message);
      };
      this.#listeners.add(listener);
    });
  }

  async goTo(address: string): Promise<void> {
    const loaded = this.next('Page.loadEventFired');
    const { errorText } = await this.send('Page.navigate', { url: address });
    if (errorText !== undefined) throw new Error(`${address}: ${errorText}`);
    await loaded;
  }

  /** The value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: unknown }).value;
  }

  /** Clicks the link of that number. Gives the address where that leads, or what is wrong with it. */
  async follow(number: number): Promise<{ at: string } | { broken: string }> {
    const left = this.next('Page.frameNavigated', 'Page.navigatedWithinDocument', 'Browser.downloadWillBegin');
    const loaded = this.next('Page.loadEventFired');
    await this.evaluate(`document.links[${number}].click()`);
    const { method, params = {} } = await left;
    const { url, unreachableUrl } = (params.frame ?? params) as { url: string; unreachableUrl?: string };
    if (method === 'Page.frameNavigated') await loaded;
    return unreachableUrl === undefined ? { at: url } : { broken: unreachableUrl };
  }
}
