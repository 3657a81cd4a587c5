/** The headers of a mail that matter for finding a series in a thread. */
export interface Headers {
  readonly get: (name: string) => string | undefined;
  /** Whether the bytes begin with at least one header line. */
  readonly present: boolean;
}

/** Reads the header block of one mail (RFC 5322: folded lines are joined). A leading "From " line is skipped. */
export function parseHeaders(mail: Uint8Array): Headers {
  const text = Buffer.from(mail.buffer, mail.byteOffset, Math.min(mail.byteLength, 256 * 1024)).toString(
    'utf8',
  );
  const fields = new Map<string, string>();
  let last: string | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (index === 0 && line.startsWith('From ')) continue;
    if (line === '') break;
    const field = /^([!-9;-~]+):\s*(.*)$/.exec(line);
    if (field?.[1] !== undefined) {
      last = field[1].toLowerCase();
      // The first one counts: later ones are added by list software.
      if (!fields.has(last)) fields.set(last, field[2] ?? '');
      else last = undefined;
    } else if (/^[ \t]/.test(line)) {
      if (last !== undefined) fields.set(last, `${fields.get(last) ?? ''} ${line.trim()}`);
    } else {
      break;
    }
  }
  return {
    present: fields.size > 0,
    get: (name) => {
      const value = fields.get(name.toLowerCase());
      return value === undefined ? undefined : decodeWords(value);
    },
  };
}

/** Decodes RFC 2047 encoded words: "=?UTF-8?q?=5BPATCH=5D?=". An unknown charset leaves the word as it is. */
export function decodeWords(value: string): string {
  return value
    .replaceAll(/(=\?[^?\s]+\?[bq]\?[^?]*\?=)\s+(?==\?)/gi, '$1')
    .replaceAll(
      /=\?([^?\s]+)\?([bq])\?([^?]*)\?=/gi,
      (word: string, charset: string, kind: string, data: string) => {
        const bytes =
          kind.toLowerCase() === 'b'
            ? Buffer.from(data, 'base64')
            : Buffer.from(
                data
                  .replaceAll('_', ' ')
                  .replaceAll(/=([0-9a-f]{2})/gi, (_, hex: string) =>
                    String.fromCharCode(Number.parseInt(hex, 16)),
                  ),
                'latin1',
              );
        try {
          return new TextDecoder(charset.replace(/\*.*$/, '')).decode(bytes);
        } catch {
          return word;
        }
      },
    );
}

/** The ids in a Message-Id, In-Reply-To or References header, without their angle brackets. */
export function messageIds(value: string | undefined): string[] {
  return [...(value ?? '').matchAll(/<([^<>\s]+)>/g)].map((match) => match[1] ?? '');
}
