/** The look of the HTML report. The filter needs no script: the chosen radio button hides what has another verdict. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #dfe3e8; --page: #f6f7f9; --card: #fff;
  --pass: #1a7f43; --fail: #c4261d; --unknown: #9a6400; --skip: #3a6ea5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #9aa5b4; --line: #303844; --page: #12161c;
  --card: #1a2028; --pass: #4cc27d; --fail: #ff7b70; --unknown: #e0ad4a; --skip: #7fb2e8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 76rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
.product { margin: 0; color: var(--soft); }
h1 { margin: 0; font-size: 2rem; line-height: 1.2; }
h2 { margin: 2.2rem 0 .8rem; font-size: 1.25rem; }
h3 { margin: 1.4rem 0 .5rem; font-size: 1rem; color: var(--soft); }
h1.pass { color: var(--pass); } h1.fail { color: var(--fail); } h1.unknown { color: var(--unknown); }
.proved { margin: 0 0 1rem; font-size: 1.1rem; }
.sections { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: .4rem 0 0; } h2 { scroll-margin-top: 4rem; }
.facts { display: flex; flex-wrap: wrap; gap: .4rem 2rem; margin: 0; }
.facts dt { color: var(--soft); font-size: .8rem; } .facts dd { margin: 0; overflow-wrap: anywhere; }
nav { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.5rem 0 0; padding: .6rem 0;
  background: var(--page); }
nav label { padding: .25rem .8rem; border: 1px solid var(--line); border-radius: 2rem; background: var(--card); cursor: pointer; }
nav label:has(:checked) { border-color: currentColor; box-shadow: inset 0 0 0 1px currentColor; }
nav label:has(:disabled) { opacity: .45; cursor: default; }
nav label:has(:focus-visible) { outline: 2px solid var(--skip); outline-offset: 2px; }
nav input { position: absolute; opacity: 0; }
.pass > b { color: var(--pass); } .fail > b { color: var(--fail); } .unknown > b { color: var(--unknown); } .skip > b { color: var(--skip); }
table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); }
th, td { padding: .45rem .7rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-size: .8rem; color: var(--soft); } td { min-width: 6rem; } td.id { font-weight: 600; white-space: nowrap; }
td ul { margin: .3rem 0 0; padding: 0 0 0 1.1rem; font-size: .85rem; color: var(--soft); }
td ul.tests { margin: 0; padding: 0; list-style: none; font-size: 1em; } td ul.tests li { margin: 0 0 .2rem; line-height: 1.35; }
td:has(> .badge), td.id { width: 1%; }
td:has(ul.tests) { width: 46%; }
ul.aspects { display: flex; flex-wrap: wrap; gap: .25rem .4rem; padding: 0; list-style: none; }
ul.aspects li { padding: 0 .5rem; border: 1px solid var(--line); border-radius: 2rem; }
ul.aspects li::before { content: '– '; color: var(--soft); } ul.aspects li.pass::before { content: '✓ '; color: var(--pass); }
ul.aspects li.fail::before { content: '✗ '; color: var(--fail); } ul.aspects li.unknown::before { content: '? '; color: var(--unknown); }
ul.aspects li.partly::before { content: '◐ '; color: var(--unknown); } ul.aspects i { color: var(--unknown); }
tr:target { box-shadow: 0 0 0 2px var(--skip); } tr { scroll-margin-top: 4rem; }
.rest { margin-top: .8rem; color: var(--soft); }
a { color: inherit; text-decoration-color: var(--soft); }
.badge { display: inline-block; min-width: 4.6rem; padding: 0 .5rem; border-radius: .3rem; font-size: .8rem; text-align: center;
  color: var(--card); background: var(--soft); white-space: nowrap; }
.badge.pass { background: var(--pass); } .badge.fail { background: var(--fail); }
.badge.unknown, .badge.partly { background: var(--unknown); } .badge.skip { background: var(--skip); }
.test { margin: .4rem 0; padding: .5rem .8rem; border: 1px solid var(--line); border-left: 4px solid var(--pass);
  border-radius: .4rem; background: var(--card); scroll-margin-top: 4rem; overflow-wrap: anywhere; }
.test[data-verdict=fail] { border-left-color: var(--fail); } .test[data-verdict=unknown] { border-left-color: var(--unknown); }
.test[data-verdict=skip] { border-left-color: var(--skip); }
.test:target { box-shadow: 0 0 0 2px var(--skip); }
summary { cursor: pointer; } .title { font-weight: 600; } .ids, .time { color: var(--soft); font-size: .85rem; }
.check { margin: .5rem 0 .5rem .5rem; } .check details { margin: .3rem 0 0 .2rem; }
pre { margin: .3rem 0; padding: .7rem; overflow-x: auto; max-height: 30rem; border-radius: .3rem; background: var(--page); font-size: .85rem; }
code { padding: .1rem .3rem; border-radius: .2rem; background: var(--page); }
body:has(#show-pass:checked) [data-verdict]:not([data-verdict=pass], [data-verdict=partly]),
body:has(#show-fail:checked) [data-verdict]:not([data-verdict=fail]),
body:has(#show-unknown:checked) [data-verdict]:not([data-verdict=unknown]),
body:has(#show-skip:checked) [data-verdict]:not([data-verdict=skip]),
body:has(#show-pass:checked) section:not(:has([data-verdict=pass])),
body:has(#show-fail:checked) section:not(:has([data-verdict=fail])),
body:has(#show-unknown:checked) section:not(:has([data-verdict=unknown])),
body:has(#show-skip:checked) section:not(:has([data-verdict=skip])),
body:not(:has(#show-all:checked)) .rest { display: none; }
@media (max-width: 45rem) { th, td { padding: .3rem .4rem; } td { min-width: 0; } }
@media print { nav { display: none; } }
`;
