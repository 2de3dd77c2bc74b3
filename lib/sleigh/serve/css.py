"""How the dashboard looks: one style sheet for its cards, strip, tables and charts, on light pages and on dark ones.

Colours of text come from JupyterLab's own variables, or are mixed with them, so that every text has a contrast of 4.5 to 1
on either. How many charts stand in a row is asked of the place that they have, not of the window: in JupyterLab that is a
cell. Container queries and color-mix are in every browser since 2023.
"""

STYLE = """<style>
.sleigh, .sleigh-chart {font: 13px Helvetica, Arial, sans-serif; color: var(--jp-ui-font-color1, #333)}
.sleigh {--line: var(--jp-border-color2, #ccc); --ink: var(--jp-ui-font-color1, #333)}
.sleigh small, .sleigh .quiet, .sleigh-chart .quiet {
  color: color-mix(in srgb, var(--jp-ui-font-color1, #333) 78%, transparent)
}
.sleigh h3, .sleigh-chart h3 {margin: 0; font-size: 13px; font-weight: 600; line-height: 1.4}
.sleigh .cards {display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px}
.sleigh .cards .quiet {grid-column: 1 / -1}
.sleigh .card {display: flex; flex-direction: column; border: 1px solid var(--line); border-radius: 6px}
.sleigh .card {padding: 6px 10px; min-width: 0}
.sleigh .card b {display: block; font-size: 20px; font-weight: 600; line-height: 1.3; white-space: nowrap}
.sleigh .card small {display: block; min-height: 1.3em}
.sleigh .bad {color: color-mix(in srgb, #D55E00 72%, var(--ink)); font-weight: 600}
.sleigh .scroll {max-height: 240px; overflow: auto; border: 1px solid var(--line); border-radius: 6px; position: relative}
.sleigh table {border-collapse: collapse; width: 100%; font-size: 12px}
.sleigh th, .sleigh td {padding: 2px 8px; text-align: left; white-space: nowrap; border: none}
.sleigh td {max-width: 15em; overflow: hidden; text-overflow: ellipsis}
.sleigh th {position: sticky; top: 0; background: var(--jp-layout-color2, #eee)}
.sleigh td.n, .sleigh th.n {text-align: right; font-variant-numeric: tabular-nums}
.sleigh .night {margin: 8px 0 2px; line-height: 1.4}
</style>"""
"""For cards, summary line and tables, wherever they stand."""

BOARD = """<style>
.sleigh .spark {display: block; width: 100%; height: 26px; margin-top: auto; overflow: visible}
.sleigh .spark path {fill: none; stroke-width: 1.5; stroke: var(--spark); vector-effect: non-scaling-stroke}
.sleigh .spark .open {stroke-dasharray: 2 3}
.sleigh .spark .under {fill: var(--spark); fill-opacity: 0.15; stroke: none}
.sleigh .strip {display: flex; flex-wrap: wrap; gap: 4px 12px; line-height: 1.35; align-items: end}
.sleigh .strip div {min-width: 0; overflow-wrap: anywhere}
.sleigh .strip b, .sleigh .strip small {display: block; white-space: nowrap}
.sleigh .strip b {font-size: 15px; font-weight: 600}
.sleigh .strip .line {flex: 1 0 100%}
.sleigh .dots {display: flex; gap: 4px; height: 20px; margin: 0; padding: 0; list-style: none; align-items: center}
.sleigh .dots li {margin: 0; line-height: 0}
.sleigh .dots li.producer {margin-right: 8px}
.sleigh .dots svg {width: 14px; height: 14px}
.sleigh .heard {position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap}
.sleigh-board {container-type: inline-size}
.sleigh-board > * {margin-bottom: 6px}
.sleigh-board .widget-html, .sleigh-board .widget-html-content {min-width: 0; overflow: visible}
.sleigh-board :focus-visible {outline: 2px solid var(--jp-ui-font-color1, #333) !important; outline-offset: 1px}
.sleigh-charts.widget-box {display: grid; grid-template-columns: minmax(0, 1fr); gap: 10px 18px}
.sleigh-charts.widget-box {grid-auto-rows: 250px; overflow: hidden}
.sleigh-chart {display: flex; flex-direction: column; min-width: 0; margin: 0; overflow: hidden}
.sleigh-chart .keys {display: flex; flex-wrap: wrap; gap: 0 12px; min-height: 1.35em; line-height: 1.35; font-size: 12px}
.sleigh-chart .key {white-space: nowrap}
.sleigh-chart .key i {display: inline-block; width: 14px; margin-right: 5px; vertical-align: middle}
.sleigh-chart .key i {border: 0 solid var(--key)}
.sleigh-chart .key .line {border-top-width: 2px}
.sleigh-chart .key .dotted {border-top: 2px dotted var(--key)}
.sleigh-chart .key .filled {width: 10px; height: 10px; background: var(--key)}
.sleigh-chart .key .hollow {width: 8px; height: 8px; border-width: 1px}
.sleigh-chart .plot {flex: 1 1 0; min-height: 0; overflow: hidden}
@container (min-width: 560px) {
  .sleigh-charts.widget-box {grid-template-columns: repeat(2, minmax(0, 1fr))}
  .sleigh-charts > .wide {grid-column: span 2}
}
@container (min-width: 900px) {
  .sleigh .cards {grid-template-columns: repeat(6, minmax(0, 1fr))}
  .sleigh .card b {font-size: 17px}
  .sleigh-charts.widget-box {grid-template-columns: repeat(3, minmax(0, 1fr)); grid-template-rows: 330px}
}
@container (min-width: 1200px) {
  .sleigh .card b {font-size: 20px}
  .sleigh .strip {column-gap: 24px}
}
@container (min-width: 1500px) {
  .sleigh-charts.widget-box {grid-template-columns: repeat(4, minmax(0, 1fr))}
}
</style>"""
"""For what only the live dashboard has: the strip, lines in the cards, and the charts side by side."""
