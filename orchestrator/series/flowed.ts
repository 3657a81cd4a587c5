/**
 * Undoes format=flowed (RFC 3676) in the text of a patch: mail programs that send it put a space in front of lines
 * that begin with one and break long lines after a space. git does not know about it, so every context line would
 * have one space too many. Text that only claims to be flowed comes back unchanged, as `undefined`.
 */
export function unflow(text: string): string | undefined {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => /^(?:diff --git |--- \S|@@ -)/.test(line));
  if (first < 0) return undefined;
  const spaced = lines.slice(first).filter((line) => /^\s*\S/.test(line) && line.startsWith(' '));
  const stuffed = spaced.length > 0 && spaced.every((line) => line.startsWith('  '));
  if (!stuffed) return undefined;
  const out: string[] = [];
  for (const [index, line] of lines.entries()) {
    const plain = line.startsWith(' ') ? line.slice(1) : line;
    const before = out.at(-1);
    // Inside a diff every line has a mark of its own; one without is the rest of the line before.
    const rest =
      index > first &&
      before?.endsWith(' ') === true &&
      before.trim() !== '' &&
      !/^(?:[-+ @\\]|diff |index |$)/.test(plain);
    if (rest) out[out.length - 1] = before + plain;
    else out.push(plain);
  }
  return out.join('\n');
}
