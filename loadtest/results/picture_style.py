"""The style of a run's pictures, beside that of the page (comparators/render/style.py): light and dark, wide, narrow.

Three lines are told apart by colour, by stroke and by weight: one who sees no colours, or prints without, reads them.
The colours are far from each other in lightness too, and for each kind of colour-blindness.
"""

from loadtest.results.panel import HEIGHTS

_HEIGHTS = "\n".join(f".plot > svg.{size} {{ height: {height}px; }}" for size, height in HEIGHTS.items())

STYLE = f"""
:root {{ --service: #1f6f9f; --apart: #6d2f91; --other: #8a93a3; }}
@media (prefers-color-scheme: dark) {{ :root {{ --service: #6cb6e6; --apart: #d3a4f5; --other: #7f8ba0; }} }}
.picture h2 {{ line-height: 1.35; margin-bottom: .6rem; }}
.caption {{ color: var(--soft); font-size: .85rem; margin: .9rem 0 .2rem; }}
.plot + .caption {{ margin-top: .1rem; }}
.legend {{ font-size: .85rem; line-height: 1.7; }}
.legend > span {{ display: inline-block; margin-right: 1.4em; }}
svg.swatch {{ display: inline-block; width: 26px; height: 12px; margin-right: .45em; vertical-align: -1px; }}
.plot {{ padding: .6rem 1rem 1.7rem 3.9rem; }}
.plot > svg {{ overflow: visible; }}
{_HEIGHTS}
.plot svg svg {{ overflow: hidden; height: 100%; }}
.picture path {{ fill: none; vector-effect: non-scaling-stroke; stroke-linejoin: round; }}
.plot .grid {{ stroke: var(--line); }}
.picture .recorded {{ stroke: var(--soft); stroke-width: 2; stroke-dasharray: 2 4; stroke-linecap: round; }}
.picture .service {{ stroke: var(--service); stroke-width: 2; stroke-dasharray: 8 4; }}
.picture .response {{ stroke: var(--candidate); stroke-width: 2.6; }}
.picture .faint {{ stroke-width: 1.2; opacity: .6; }}
.picture .median {{ stroke-width: 1.2; }}
.picture .band {{ fill: var(--candidate); fill-opacity: .13; opacity: 1; }}
.picture circle.response {{ fill: var(--candidate); stroke: var(--paper); stroke-width: 1.5; }}
.picture circle.hollow {{ fill: var(--paper); stroke: var(--candidate); stroke-width: 1.8; }}
.picture line.response {{ stroke-width: 1.5; }}
.picture .rate {{ stroke: var(--apart); stroke-width: 2.4; }}
.picture .thin {{ stroke-width: 1.2; opacity: .6; }}
.picture line.rate {{ stroke-width: 1.5; }}
.picture circle.rate {{ fill: var(--apart); stroke: var(--paper); stroke-width: 1.5; }}
.picture .interval {{ fill: var(--apart); fill-opacity: .2; }}
.picture .overall {{ stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 4; }}
.picture .planned {{ fill: var(--other); fill-opacity: .3; }}
.picture .achieved {{ stroke: var(--ink); stroke-width: 1.6; }}
.picture .in-flight {{ fill: var(--service); fill-opacity: .35; stroke: var(--service); stroke-width: 1; }}
.picture .lag {{ fill: var(--other); fill-opacity: .5; stroke: var(--other); stroke-width: 1; }}
.picture .limit {{ stroke: var(--ink); stroke-width: 1.2; stroke-dasharray: 5 4; }}
.picture .quantile {{ stroke: var(--ink); stroke-width: 1.2; }}
.picture .diagonal {{ stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 5 4; }}
.picture .others {{ fill: var(--other); }}
.picture .apart {{ fill: var(--apart); stroke: var(--paper); stroke-width: .7; }}
.others.level-1 {{ opacity: .4; }} .others.level-2 {{ opacity: .6; }} .others.level-3 {{ opacity: .8; }}
.picture path.failed {{ stroke: var(--bad); stroke-width: 2.2; }}
.plot text {{ paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }}
.plot text.failed {{ font-weight: 700; fill: var(--bad); stroke-width: 1px; }}
.plot text.size-1 {{ font-size: 11px; }} .plot text.size-2 {{ font-size: 15px; }}
.plot text.size-3 {{ font-size: 20px; }}
.warmup {{ fill: var(--soft); fill-opacity: .12; }}
.hover {{ fill: var(--ink); fill-opacity: 0; }}
.hover:hover {{ fill-opacity: .07; }}
.abreast {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 0 2.5rem; }}
@media (max-width: 40rem) {{ .plot text.minor {{ display: none; }}
  .plot {{ padding-left: 3.4rem; padding-right: .6rem; }}
  .picture table {{ font-size: .8rem; }} .picture :is(td, th) {{ padding-right: .4rem; }} }}
@media print {{ .picture, .plot {{ break-inside: avoid; }} .picture * {{ print-color-adjust: exact; }} }}
"""
