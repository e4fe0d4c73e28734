const newline = 0x0a;

/**
 * Decodes JSON documents that end in a newline each, as a watch sends them: for each chunk that ends some of them, these
 * together. What the end of the stream cuts off is dropped. Throws a SyntaxError where a line is no JSON.
 */
export async function* decodeLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly unknown[], void> {
  // Joined only when a line ends: a large object over many chunks is not copied again for each.
  let rest: Buffer[] = [];
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(newline);
    if (end === -1) {
      rest.push(chunk);
      continue;
    }
    const text = Buffer.concat([...rest, chunk.subarray(0, end)]).toString('utf8');
    rest = end + 1 < chunk.length ? [chunk.subarray(end + 1)] : [];
    const lines: unknown[] = [];
    for (const line of text.split('\n')) if (line !== '') lines.push(JSON.parse(line));
    if (lines.length > 0) yield lines;
  }
}
