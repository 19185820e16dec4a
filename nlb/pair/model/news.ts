import { type Acknowledged, openSentTimes } from '../acknowledged.ts';
import type { Standing } from '../beat.ts';
import type { Extension } from '../extension.ts';
import type { PathName } from './network.ts';

/**
 * Heartbeats as the model sends them, which of them are news, and which are believed. The real codec, order and challenges have
 * tests of their own; of them this keeps that a life is believed once it has shown that it heard this one.
 */
export interface Mail {
  /** Absent in a challenge reply. */
  standing?: Standing;
  /** Which life of the sending daemon. */
  life: number;
  counter: number;
  /** The life of the receiver that the sender has heard of, believed or not. */
  echo: number;
  /** What the sender has heard of the life that it believes, by path. */
  heard: { life: number } & Record<PathName, number>;
  extension: Extension;
}

export interface Talk {
  /** @param also the life to send a challenge reply to, and what else is said */
  compose(atMs: number, standing?: Standing, also?: { replyTo?: number; extension?: Extension }): Mail;
  /** What of it is news; and the life that a challenge reply is due to. */
  read(
    path: PathName,
    mail: Mail,
  ): { from?: Standing; acknowledged?: Acknowledged; extension?: Extension; replyTo?: number };
  /** The life of the peer that is believed; 0 for none. */
  believes(): number;
}

export function openTalk(life: number): Talk {
  const sent = openSentTimes();
  let counter = 0;
  let latest = 0;
  let unverified = 0;
  let heard = { life: 0, access: 0, server: 0 };
  const compose: Talk['compose'] = (atMs, standing, { replyTo, extension = {} } = {}) => {
    sent.noted(BigInt(++counter), atMs);
    const isForUnverified = unverified > 0 && (heard.life === 0 || counter % 2 === 1);
    const echo = replyTo ?? (isForUnverified ? unverified : heard.life);
    return { life, counter, echo, heard, extension, ...(standing && { standing }) };
  };
  const believe = (mail: Mail) => {
    heard = { life: mail.life, access: 0, server: 0 };
    [latest, unverified] = [0, 0];
  };
  const meet = (mail: Mail) => {
    const isNew = mail.life > unverified;
    unverified = Math.max(unverified, mail.life);
    return isNew && mail.standing ? { replyTo: mail.life } : {};
  };
  return {
    compose,
    believes: () => heard.life,
    read: (path, mail) => {
      if (mail.life < heard.life) return {};
      if (mail.life > heard.life && mail.echo !== life) return meet(mail);
      if (mail.life > heard.life) believe(mail);
      heard = { ...heard, [path]: Math.max(heard[path], mail.counter) };
      if (mail.counter <= latest) return {};
      latest = mail.counter;
      if (!mail.standing) return {};
      const { access, server } = mail.heard;
      const acknowledged = mail.heard.life === life ? sent.of({ access: BigInt(access), server: BigInt(server) }) : {};
      return { from: mail.standing, acknowledged, extension: mail.extension };
    },
  };
}
