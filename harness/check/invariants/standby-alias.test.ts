import t from 'tap';
import { verdictOn } from '../claim.ts';
import { act, address, history, OVER, script, standstill, told, watched } from '../literal-history.ts';
import { NLBS, SEEN, SETTING } from './literal-setting.ts';
import { standbyAlias } from './standby-alias.ts';

const change = (atMs: number, change: 'added' | 'removed', node = 'nlb1') =>
  address(atMs, { node, device: 'access', address: `${NLBS}/32`, label: 'access:nlbs', change });
const boot = [script(1, 'nlb1', 'initial', 'initial'), script(2, 'nlb1', 'standby', 'initial')];
const leads = [change(300, 'added'), script(310, 'nlb1', 'active', 'standby')];
const resigns = [change(500, 'removed'), script(501, 'nlb1', 'standby', 'active')];

t.test('a node that is not active does not have the alias', async (t) => {
  const claim = standbyAlias.claim(SETTING);
  t.match(told(claim, SEEN, boot, leads, resigns, OVER), /^pass: 2 times/);
  t.match(told(claim, SEEN, boot, change(700, 'removed', 'nlb2'), OVER), /^pass/, 'the other one is not meant');
  const keeps = [script(501, 'nlb1', 'standby', 'active'), change(602, 'removed')];
  t.match(told(claim, SEEN, boot, leads, keeps, OVER), /^fail: nlb1 entered standby; nlb1 held it/, '101 ms later');
  t.match(told(claim, SEEN, boot, leads, keeps, standstill(510, 520), OVER), /^pass/, 'of which nobody ran for 10 ms');
  t.match(told(claim, SEEN, boot, leads, script(501, 'nlb1', 'inop', 'active'), OVER), /^fail: nlb1 entered inop/);
  t.match(told(claim, SEEN, boot, leads, keeps[0] ?? [], change(601, 'removed'), OVER), /^pass/, '100 ms later');
  const atOnce = [script(501, 'nlb1', 'standby', 'active'), change(501, 'added')];
  t.match(told(claim, SEEN, boot, atOnce, OVER), /^fail: nlb1 entered standby; nlb1 held it/);
  const stops = script(501, 'nlb1', 'initial', 'active');
  t.match(told(claim, SEEN, boot, leads, stops, OVER), /^fail: nlb1 entered initial/, 'that is no beginning');
  const given = [change(300, 'added'), change(320, 'removed'), script(600, 'nlb1', 'inop', 'standby')];
  t.match(told(claim, SEEN, boot, given, OVER), /^fail: nlb1 was given it in state standby, and entered inop next/);
  const [next, other] = [script(600, 'nlb1', 'inop', 'standby'), script(400, 'nlb2', 'active', 'standby')];
  const for20Ms = (atMs: number, node = 'nlb1') => [change(atMs, 'added', node), change(atMs + 20, 'removed', node)];
  t.match(
    told(claim, SEEN, boot, for20Ms(300), other, next, OVER),
    /^fail: .* inop next/,
    'the other one says nothing',
  );
  t.match(told(claim, SEEN, boot, for20Ms(300, 'nlb2'), next, OVER), /^pass/, 'nor is it given anything');
  t.match(told(claim, SEEN, boot, for20Ms(103), next, OVER), /^fail/);
  t.match(told(claim, SEEN, boot, for20Ms(102), next, OVER), /^pass/, 'what was read late may be from before');
  t.match(told(claim, SEEN, boot, for20Ms(499), next, OVER), /^fail/);
  t.match(told(claim, SEEN, boot, for20Ms(500), next, OVER), /^pass/, 'or be for the next state');
  const late = [change(300, 'added'), script(450, 'nlb1', 'active', 'standby')];
  t.match(told(claim, SEEN, boot, late, OVER), /^pass/, 'it leads, if late');
});

t.test('a script that ran when its state was over tells when that was', async (t) => {
  const claim = standbyAlias.claim(SETTING);
  const late = (atMs: number, state: string, previous: string, enteredMs: number) => ({
    ...script(atMs, 'nlb1', state, previous),
    enteredNs: enteredMs * 1e6,
  });
  const scripts = [late(450, 'standby', 'active', 350), late(700, 'active', 'standby', 400)];
  t.match(told(claim, SEEN, boot, change(401, 'added'), scripts, OVER), /^pass/, 'it leads again by then');
  t.match(told(claim, SEEN, boot, change(300, 'added'), scripts, change(452, 'removed'), OVER), /^pass/);
  const stays = [late(450, 'standby', 'active', 350), late(700, 'active', 'standby', 600)];
  const stands = (untilMs: number) => [change(300, 'added'), change(untilMs, 'removed')];
  t.match(told(claim, SEEN, boot, stands(552), stays, OVER), /^fail: nlb1 entered standby/);
  t.match(told(claim, SEEN, boot, stands(549), stays, OVER), /^pass/, '100 ms after the script');
});

t.test('an alias that somebody put there on purpose is not held against the node', async (t) => {
  const claim = standbyAlias.claim(SETTING);
  const stray = [change(300, 'added'), change(320, 'removed')];
  const rest = history(SEEN, boot, script(600, 'nlb1', 'inop', 'standby'), OVER);
  t.equal(verdictOn(claim, rest, history(rest, stray)).verdict, 'pass');
  t.equal(verdictOn(claim, history(rest, stray), history(rest, stray)).verdict, 'fail');
});

t.test('a node that was killed has entered no state, and its next life may lead on', async (t) => {
  const claim = standbyAlias.claim(SETTING);
  const killed = [act(400, 'kill -9', 'nlb1'), script(700, 'nlb1', 'initial', 'initial')];
  t.match(told(claim, SEEN, boot, leads, killed, script(900, 'nlb1', 'active', 'initial'), act(2000, 'over')), /^pass/);
  const gone = [change(880, 'removed'), script(900, 'nlb1', 'standby', 'initial')];
  t.match(told(claim, SEEN, boot, leads, killed, gone, act(2000, 'over')), /^pass/);
  t.match(told(claim, SEEN, boot, leads, killed, gone.slice(1), act(2000, 'over')), /^fail: nlb1 entered standby/);
  t.match(told(claim, SEEN, boot, change(300, 'added'), killed, OVER), /^pass/, 'killed before its script');
});

t.test('what was not watched is not known', async (t) => {
  const claim = standbyAlias.claim(SETTING);
  t.match(told(claim, SEEN, OVER), /^unknown: no node was seen/);
  t.match(told(claim, boot, leads, resigns, OVER), /^unknown: addresses of nlb1 were not watched/);
  const lost = [watched('addresses', 'nlb1', 2), watched('addresses', 'nlb2')];
  t.match(told(claim, lost, boot, leads, resigns, OVER), /^unknown: .* 2 were missed/);
});
