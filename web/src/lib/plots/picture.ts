/** A plot as a file of its own: with a size, a ground and its colours, for a slide or a page. */
import { markup, node, type SvgNode } from './node';

/** What the page's style sheet says of plots in its light theme; see parts/Plot.svelte. */
const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #5f5668 }
.title, .own-label, .lane { fill: #221c29 }
.lane { paint-order: stroke; stroke: #fffdf8; stroke-width: 4px }
.grid, .base { stroke: #ddd4c6 }
.chance { stroke: #8d8293; stroke-dasharray: 4 3 }
.strip { fill: #efe9df }
.frontier { fill: none; stroke: #221c29; stroke-opacity: .55; stroke-width: 1.5 }
.mark { fill: currentColor; stroke: #fffdf8; stroke-width: .75 }
.whiskers line { stroke: currentColor; stroke-opacity: .4 }
.own { stroke: currentColor; stroke-width: 1.5 }
.interval { stroke: currentColor; stroke-width: 3; stroke-opacity: .5 }
.control { color: #8d8293 }
.series-units { color: #0a6b68 }
.series-tilt { color: #a8410f }
.series-wanda { color: #5b4bb5 }
.series-contrastive { color: #8a5a00 }
.series-sparse { color: #a8246f }
.series-other { color: #3f6212 }
`;

export function picture(root: SvgNode, width: number, height: number, title: string): string {
  return markup(
    node(
      'svg',
      { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, width, height },
      node('title', {}, title),
      node('style', {}, STYLE),
      node('rect', { width, height, fill: '#fffdf8' }),
      root,
    ),
  );
}
