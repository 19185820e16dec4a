import fc from 'fast-check';
import t from 'tap';
import { attribute, fenced, markdown, markup, visible } from './escape.ts';

t.test('no text can command a terminal', async (t) => {
  t.equal(visible('\u001b[31mred\u0007\u0000\u007f\u009b'), '␛[31mred␇␀␡\ufffd');
  t.equal(visible('a\tb\r\nc'), 'a\tb\nc');
  t.equal(visible('a\rb'), 'a␍b');
  t.equal(visible('evil\u202etxt.exe \ud800'), 'evil\ufffdtxt.exe \ufffd');
  t.equal(visible('→ 日本 🙂'), '→ 日本 🙂');
});

t.test('no text is taken for markup', async (t) => {
  t.equal(markup(`<b a="1" c='2'>&amp;`), '&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;');
  t.equal(attribute('a\n\tb"'), 'a&#10;&#9;b&quot;');
});

t.test('whatever the text: nothing that XML or a terminal could not hold comes out', async (t) => {
  const held = fc.property(fc.string({ unit: 'binary' }), (text) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come out
    /^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f<>"\ufffe\uffff\p{Cs}]*$/u.test(markup(text)),
  );
  const { seed, failed, counterexample } = fc.check(held);
  t.notOk(failed, `seed ${seed}`, { counterexample });
});

t.test('in Markdown a line stays a line, and its marks stay characters', async (t) => {
  t.equal(markdown('a|b *c* _d_\n`e` <f> [g](h)'), 'a\\|b \\*c\\* \\_d\\_ \\`e\\` \\<f\\> \\[g\\](h)');
  t.equal(markdown(' # no heading'), '\\# no heading');
  t.equal(markdown('10 ms at most (2.5 %), see a/b-c.pcap'), '10 ms at most (2.5 %), see a/b-c.pcap');
});

t.test('a block of code ends where it is meant to end', async (t) => {
  t.equal(fenced('x'), '```text\nx\n```');
  t.equal(fenced('a\n```\n`````b'), '``````text\na\n```\n`````b\n``````');
});
