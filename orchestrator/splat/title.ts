import type { OopsClass } from './classes.js';

const MAX_TITLE = 120;

/** Replaces what differs between two runs of the same bug: addresses, numbers, repeated blanks. */
export function normalise(text: string): string {
  return text
    .replace(/\b0x[0-9a-f]+\b/gi, 'ADDR')
    .replace(/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, 'ADDR')
    .replace(/(?<![\w.])-?\d+(?![\w])/g, 'NUM')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Title and further titles of a report, each at most 120 characters, the title not among the others. */
export function titlesOf(
  oops: OopsClass,
  values: Readonly<Record<string, string>>,
): { title: string; altTitles: string[] } {
  const made = oops.titles.map((template) => fill(template, values)).find((title) => title !== undefined);
  const title = made ?? oops.id;
  const alt = (oops.alt ?? []).map((template) => fill(template, values));
  const altTitles = [...new Set(alt.filter((other) => other !== undefined))].filter(
    (other) => other !== title,
  );
  return { title, altTitles };
}

function fill(template: string, values: Readonly<Record<string, string>>): string | undefined {
  let lacking = false;
  const title = template.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = values[name];
    if (value === undefined || value === '') lacking = true;
    return name === 'text' ? normalise(value ?? '') : (value ?? '');
  });
  return lacking ? undefined : title.slice(0, MAX_TITLE).trim();
}
