/**
 * SVG as plain values. A mark is a pure function that returns nodes; the page renders them (parts/Plot.svelte), a
 * test or a saved picture writes them out (`markup`).
 */
export interface SvgNode {
  tag: string;
  attributes: Readonly<Record<string, string | number>>;
  children: readonly (SvgNode | string)[];
}

export function node(
  tag: string,
  attributes: SvgNode['attributes'] = {},
  ...children: SvgNode['children']
): SvgNode {
  return { tag, attributes, children };
}

/** The node as the text of a file, a line an element. */
export function markup(root: SvgNode | string, indent = ''): string {
  if (typeof root === 'string') return `${indent}${escape(root)}\n`;
  const attributes = Object.entries(root.attributes)
    .map(([name, value]) => ` ${name}="${escape(String(value))}"`)
    .join('');
  const [first, ...more] = root.children;
  if (first === undefined) return `${indent}<${root.tag}${attributes}/>\n`;
  // Text stays on its element's line: white space would show.
  if (typeof first === 'string' && more.length === 0)
    return `${indent}<${root.tag}${attributes}>${escape(first)}</${root.tag}>\n`;
  const inside = root.children.map((child) => markup(child, `${indent}  `)).join('');
  return `${indent}<${root.tag}${attributes}>\n${inside}${indent}</${root.tag}>\n`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/** A coordinate: tenths of a pixel are finer than any screen, and the same on every machine. */
export function at(value: number): number {
  return Math.round(value * 10) / 10 + 0; // + 0: no negative zero
}
