import t from 'tap';
import { act } from './literal-history.ts';
import { fail, pass, unknown } from './verdict.ts';

t.test('a verdict shows what it was given, but no more than twenty events', async (t) => {
  const events = Array.from({ length: 21 }, (_, number) => act(number, 'done'));
  for (const [name, verdict] of Object.entries({ pass, fail, unknown })) {
    t.same(verdict('because', events.slice(0, 3)), { verdict: name, because: 'because', evidence: events.slice(0, 3) });
    t.equal(verdict('because', events).evidence.length, 20, name);
    t.same(verdict('because').evidence, [], name);
  }
});
