/** What a subject line such as "Re: [RFC PATCH mm-unstable v6 03/5] mm: fix it" says. */
export interface SubjectFacts {
  readonly reply: boolean;
  /** The brackets say PATCH, RFC or k/n. */
  readonly patch: boolean;
  readonly rfc: boolean;
  readonly resend: boolean;
  /** v6, or 6.1 for "v6.1"; 1 if not said. */
  readonly version: number;
  readonly position?: { readonly k: number; readonly n: number };
  /** Without reply marks and brackets. */
  readonly title: string;
}

const REPLY = /^\s*(?:re|aw|fw|fwd|sv|antw|vs|ref)(?:\[\d+\])?\s*:\s*/i;
const BRACKET = /^\s*\[([^\]]*)\]\s*/;

/** Reads the marks in front of a subject. Never fails: a subject without marks is its own title. */
export function parseSubject(raw: string): SubjectFacts {
  let rest = raw.replaceAll(/\s+/g, ' ').trim();
  let reply = false;
  const tags: string[] = [];
  for (;;) {
    const re = REPLY.exec(rest);
    if (re !== null) {
      reply = true;
      rest = rest.slice(re[0].length);
      continue;
    }
    const bracket = BRACKET.exec(rest);
    if (bracket === null) break;
    tags.push(bracket[1] ?? '');
    rest = rest.slice(bracket[0].length);
  }
  const words = tags.join(' ').replaceAll(',', ' ');
  const count = /(?:^|\s)(\d{1,4})\s*\/\s*(\d{1,4})(?=\s|$)/.exec(words);
  const version = /(?:^|\s|PATCH|RFC)v(\d{1,3}(?:\.\d{1,2})?)(?=\s|$)/i.exec(words);
  const rfc = /\bRFC/i.test(words);
  return {
    reply,
    patch: rfc || /PATCH/i.test(words) || count !== null,
    rfc,
    resend: /\bRE-?(?:SEND|POST)\b/i.test(words),
    version: version === null ? 1 : Number(version[1]),
    ...(count === null ? {} : { position: { k: Number(count[1]), n: Number(count[2]) } }),
    title: rest.trim(),
  };
}
