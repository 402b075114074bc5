/**
 * Replies as HTML. The model's words are untrusted input: what is not plain text structure is dropped, so that a
 * reply can neither fetch nor link to anything.
 */
import DOMPurify from 'dompurify';
import { Marked } from 'marked';

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // A reply's headings are no headings of the page.
    heading({ tokens }) {
      return `<p><strong>${this.parser.parseInline(tokens)}</strong></p>`;
    },
    link({ tokens }) {
      return this.parser.parseInline(tokens);
    },
    image({ text }) {
      return text;
    },
    checkbox({ checked }) {
      return checked ? '☑ ' : '☐ ';
    },
  },
});

const structure = 'p br hr strong em del code pre blockquote ul ol li table thead tbody tr th td'.split(' ');

/** One reply's text as it grows. Only its last block can still change, so that only that is rendered anew. */
export class GrowingText {
  private done = '';
  private html: string[] = [];

  /** The blocks of the text so far, as HTML. Those before the last stay what they are while the text grows. */
  blocks(raw: string): string[] {
    const text = raw.replaceAll(/\r\n?/g, '\n'); // as the lexer does, so that its tokens add up to the text
    if (!text.startsWith(this.done)) {
      this.done = '';
      this.html = [];
    }
    const tokens = marked.lexer(text.slice(this.done.length));
    const last = tokens.findLastIndex((token) => token.type !== 'space');
    for (const token of tokens.slice(0, Math.max(0, last))) {
      if (token.type !== 'space') this.html.push(render(token.raw));
      this.done += token.raw;
    }
    return [...this.html, render(text.slice(this.done.length))];
  }
}

export function render(text: string): string {
  const html = marked.parse(text, { async: false });
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS: structure,
    ALLOWED_ATTR: ['start'],
    ALLOW_DATA_ATTR: false,
  });
}
