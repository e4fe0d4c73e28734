import { compareStrings } from './order.ts';

/** The RE2 expression that meets exactly this text. */
export function quoteRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

interface Node {
  readonly children: Map<string, Node>;
  /** A text that is left out ends here. */
  ends: boolean;
  /** Every text that gets here is left out. */
  closed: boolean;
}

function emptyNode(): Node {
  return { children: new Map(), ends: false, closed: false };
}

function grow(root: Node, text: string): Node {
  let node = root;
  for (const letter of text) {
    const next = node.children.get(letter) ?? emptyNode();
    node.children.set(letter, next);
    node = next;
  }
  return node;
}

function complement({ children, ends }: Node): string {
  const branches = [...children].sort(([a], [b]) => compareStrings(a, b));
  const other = branches.length === 0 ? '.' : `[^${branches.map(([letter]) => quoteRegex(letter)).join('')}]`;
  const open = branches.filter(([, child]) => !child.closed);
  const parts = [`${other}.*`, ...open.map(([letter, child]) => quoteRegex(letter) + complement(child))];
  return `(?:${parts.join('|')})${ends ? '' : '?'}`;
}

/** The RE2 expression that meets every text of one line but these and those that begin so: RE2 can't say "not". */
export function everyTextBut(texts: readonly string[], beginnings: readonly string[]): string {
  const root = emptyNode();
  for (const text of texts) grow(root, text).ends = true;
  for (const beginning of beginnings) grow(root, beginning).closed = true;
  return complement(root);
}
