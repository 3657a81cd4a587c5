/** Dot files that kernel developers track although the kernel's .gitignore begins with ".*". */
const TRACKED_DOT_FILES = [
  '.clang-format',
  '.clippy.toml',
  '.cocciconfig',
  '.editorconfig',
  '.get_maintainer.ignore',
  '.gitattributes',
  '.gitignore',
  '.kunitconfig',
  '.mailmap',
  '.pylintrc',
  '.renames.txt',
  '.rustfmt.toml',
  '.yamllint',
] as const;

const CATCH_ALL = new Set(['/*', '*', '/**', '**']);

/**
 * Exclude patterns that go above the .gitignore files of a plain source directory, as `git ls-files --exclude` takes
 * them; the last match decides. Debian's linux-source packages end their top .gitignore with a line "/*" that ignores
 * the whole tree: it is taken back for the top directory, and the other patterns are said again for there alone, so that
 * vmlinux and its kind stay out. Below the top the tree's own files go on to decide.
 */
export function plainExcludes(topGitignore: string): string[] {
  const patterns = topGitignore
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const tracked = TRACKED_DOT_FILES.map((name) => `!${name}`);
  if (!patterns.some((pattern) => CATCH_ALL.has(pattern))) return tracked;
  const top = patterns.filter((pattern) => !CATCH_ALL.has(pattern)).map(anchor);
  return ['!/*', ...top, ...tracked];
}

/** A pattern without a slash inside matches at any depth; anchored it matches at the top only. */
function anchor(pattern: string): string {
  const negated = pattern.startsWith('!');
  const body = negated ? pattern.slice(1) : pattern;
  const anchored = body.replace(/\/$/, '').includes('/') ? body : `/${body}`;
  return negated ? `!${anchored}` : anchored;
}
