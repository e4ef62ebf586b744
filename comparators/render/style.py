"""The page's one style sheet: light and dark, screen and paper. No request leaves the page.

`isolate`: letters that are written from right to left move none of the words and numbers around them.
"""

STYLE = """
:root { color-scheme: light dark; --paper: #fdfdfc; --ink: #1c1e21; --soft: #666b73; --line: #e2e3e1; --rail: #ecedea;
  --production: #8a93a3; --candidate: #c4572b; --bad: #b3321c; --good: #2f7d4f; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e8e8e4; --soft: #9a9fa8; --line: #2e3237;
  --rail: #26292e; --production: #7f8ba0; --candidate: #f0875a; --bad: #ff8a70; --good: #6ccf95; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; letter-spacing: -.01em; overflow-wrap: anywhere; }
h1 small { font-weight: 400; color: var(--soft); font-size: 1rem; letter-spacing: 0; }
h2 { font-size: 1.05rem; margin: 3rem 0 1rem; padding-bottom: .5rem; border-bottom: 1px solid var(--line);
  overflow-wrap: anywhere; }
h2 small, h3 small { font-weight: 400; color: var(--soft); }
h1 code { font: inherit; } h2 code, h3 code { font-size: 1em; }
p.warning { color: var(--bad); font-weight: 600; }
h3 { font-size: .95rem; margin: 1.8rem 0 .5rem; }
p { margin: .3rem 0; }
p.aside, small, dt, th { color: var(--soft); }
code { unicode-bidi: isolate; }
code, pre { font: .86em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.metrics { display: grid; grid-template-columns: repeat(auto-fit, minmax(12.5rem, 1fr)); gap: 1px;
  background: var(--line); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; margin: 1.6rem 0 0; }
.metric { background: var(--paper); padding: .9rem 1.1rem 1rem; }
.metric b { display: block; font-size: 1.65rem; font-weight: 600; line-height: 1.3; letter-spacing: -.01em; }
.metric small { display: block; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { font-weight: 400; font-size: .85rem; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td:has(code) { min-width: 9rem; }
.n { text-align: right; white-space: nowrap; }
.n small { display: block; white-space: normal; }
.worse { color: var(--bad); } .better { color: var(--good); }
svg { display: block; width: 100%; height: auto; }
svg.share { width: 7.5rem; margin: .45rem 0; }
svg text { font-size: 12px; fill: var(--soft); }
.scale { max-width: 45rem; margin: .6rem 0; }
.scale small { display: flex; justify-content: space-between; }
.rail { fill: var(--rail); } .certain { fill: var(--candidate); } .band { fill: var(--candidate); opacity: .4; }
.mark { stroke: var(--ink); stroke-width: 2.5; } .axis { stroke: var(--soft); stroke-width: 1; }
path.production { fill: var(--production); fill-opacity: .35; stroke: var(--production); stroke-width: 1.5; }
path.candidate { fill: var(--candidate); fill-opacity: .3; stroke: var(--candidate); stroke-width: 1.5; }
rect.production { fill: var(--production); } rect.candidate { fill: var(--candidate); }
.key::before { content: ""; display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .4em; }
.key.production::before { background: var(--production); } .key.candidate::before { background: var(--candidate); }
.key { margin-right: 1.2em; }
line.set { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 5 4; } .key.set::before { background: var(--ink); }
details { border-bottom: 1px solid var(--line); padding: .4rem 0; }
summary { cursor: pointer; }
pre { white-space: pre-wrap; background: var(--rail); padding: .6rem .8rem; border-radius: 6px; margin: .3rem 0 .8rem; }
footer { margin-top: 3rem; color: var(--soft); font-size: .85rem; }
@media print { main { max-width: none; padding: 0; } details { break-inside: avoid; } }
"""
