/*
 * As much of protobuf's wire format as splicing needs: a repeated field of a message is the concatenation of its
 * elements, each with its tag and length, so parts that are encoded already are joined without decoding them. A
 * singular message field that occurs twice is merged by the reader.
 */

/** A field's tag (wire type 2) and the length of what follows. Field numbers up to 15. */
export function lengthPrefix(field: number, length: number): Uint8Array {
  const bytes = [(field << 3) | 2];
  let rest = length;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** A length-delimited field whose content is the concatenation of `parts`. */
export function delimited(field: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const prefix = lengthPrefix(field, length);
  const bytes = new Uint8Array(prefix.length + length);
  bytes.set(prefix);
  let offset = prefix.length;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
