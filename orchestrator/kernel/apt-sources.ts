/** One archive the machine takes packages from: an entry of sources.list or of a .sources file. */
export interface AptEntry {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
}

const DEB822_FIELD = /^([A-Za-z-]+):\s*(.*)$/;

function stanzas(text: string): Map<string, string>[] {
  const found: Map<string, string>[] = [];
  let current = new Map<string, string>();
  let field: string | undefined;
  for (const line of [...text.split('\n'), '']) {
    if (line.startsWith('#')) continue;
    if (line.trim() === '') {
      if (current.size > 0) found.push(current);
      current = new Map();
      field = undefined;
      continue;
    }
    const [, name, value] = DEB822_FIELD.exec(line) ?? [];
    if (name !== undefined && value !== undefined) {
      field = name.toLowerCase();
      current.set(field, value.trim());
    } else if (field !== undefined && /^\s/.test(line)) {
      current.set(field, `${current.get(field) ?? ''} ${line.trim()}`);
    }
  }
  return found;
}

function words(value: string | undefined): string[] {
  return (value ?? '').split(/\s+/).filter((word) => word !== '');
}

/** Parses a deb822 `.sources` file (sources.list(5)); disabled stanzas and source-only ones are left out. */
export function parseDeb822(text: string): AptEntry[] {
  return stanzas(text).flatMap((stanza) => {
    if (!words(stanza.get('types')).includes('deb')) return [];
    if (/^(no|false|without|off|disable|0)$/i.test(stanza.get('enabled') ?? 'yes')) return [];
    const components = words(stanza.get('components'));
    return words(stanza.get('uris')).flatMap((uri) =>
      words(stanza.get('suites')).map((suite) => ({ uri, suite, components })),
    );
  });
}

/** Parses one-line `deb [options] uri suite component…` entries. */
export function parseOneLine(text: string): AptEntry[] {
  const found: AptEntry[] = [];
  for (const line of text.split('\n')) {
    const [, rest] = /^\s*deb\s+(?:\[[^\]]*\]\s*)?([^#]*)/.exec(line) ?? [];
    const [uri, suite, ...components] = words(rest);
    if (uri !== undefined && suite !== undefined) found.push({ uri, suite, components });
  }
  return found;
}

/** Suites that only Debian's own archive has, besides the machine's release. */
const DEBIAN_SUITES = /^(stable|testing|unstable|sid|oldstable|bookworm|trixie|forky|duke)$/;

/** The address of the Debian mirror the machine uses; undefined on a machine without one. */
export function debianMirror(entries: readonly AptEntry[], codename: string): string | undefined {
  const main = entries.filter((entry) => entry.components.includes('main'));
  const own = main.find((entry) => entry.suite === codename && DEBIAN_SUITES.test(codename));
  return (own ?? main.find((entry) => DEBIAN_SUITES.test(entry.suite)))?.uri;
}

/** The machine's own Debian suites (release, updates, security), without other vendors' archives. */
export function ownSuites(entries: readonly AptEntry[], codename: string): AptEntry[] {
  if (!DEBIAN_SUITES.test(codename)) return [];
  return entries.filter(
    (entry) =>
      entry.components.includes('main') &&
      (entry.suite === codename ||
        entry.suite.startsWith(`${codename}-`) ||
        entry.suite === `${codename}/updates`),
  );
}

/** The text of a private sources.list; every entry is checked against the one keyring. */
export function renderSources(entries: readonly AptEntry[], keyring: string): string {
  const lines = entries.map((entry) => `deb [signed-by=${keyring}] ${entry.uri} ${entry.suite} main\n`);
  return [...new Set(lines)].join('');
}
