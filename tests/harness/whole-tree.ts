import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git, gitWords, splitNul, tryGit } from '../../orchestrator/series/git.js';
import type { ApplyOutcome, AppliedPoint, Patch, Series } from '../../orchestrator/series/types.js';
import { scratchDir } from './temp.js';

/**
 * A series applied with an index of the whole tree and plain git commands, as slow as it is simple: what applySeries() must
 * give to the byte.
 */
export async function applyWithWholeIndex(
  gitDir: string,
  base: string,
  series: Series,
): Promise<ApplyOutcome> {
  const folder = scratchDir('whole');
  const at = { gitDir, indexFile: join(folder, 'index') };
  await git(['read-tree', base], at);
  let [parent, before] = [base, (await git(['rev-parse', `${base}^{tree}`], at)).trim()];
  const points: AppliedPoint[] = [];
  for (const patch of series.patches) {
    const { index, subject, patchId } = patch;
    let [tree, note] = [before, 'the patch is empty'];
    if (patch.files.length > 0 || patchId !== '') {
      const file = join(folder, `${index}.diff`);
      await writeFile(file, patch.diff);
      const args = ['--cached', `-p${patch.strip}`, '--whitespace=nowarn', file];
      const plain = await tryGit(['apply', ...args], at);
      const merged =
        plain.exitCode === 0
          ? plain
          : await tryGit(['apply', '--3way', ...args], { ...at, cwd: scratchDir('merge') });
      if (merged.exitCode !== 0) {
        const says = [plain, merged].map((result) => words(gitWords(result), file));
        const lines = [...new Set(says.join('\n').split('\n'))];
        await git(['read-tree', before], at);
        const back = await tryGit(['apply', '--reverse', '--check', ...args], at);
        if (back.exitCode === 0)
          lines.push('The patch seems to be in the tree already: it can be taken back there.');
        return { points, failed: { index, subject, gitSays: lines.join('\n') } };
      }
      tree = (await git(['write-tree'], at)).trim();
      const same = tree === before ? 'already in the tree: nothing changed' : 'applied by a three-way merge';
      note = plain.exitCode === 0 ? '' : same;
    }
    const commit = await commitOf(patch, tree, parent, at);
    const changed = splitNul(
      await git(['diff-tree', '-r', '-z', '--name-only', '--no-renames', before, tree], at),
    );
    points.push({
      index,
      commit,
      tree,
      subject,
      ...(patchId === '' ? {} : { patchId }),
      changed,
      ...(note === '' ? {} : { note }),
    });
    [parent, before] = [commit, tree];
  }
  return { points };
}

function words(text: string, file: string): string {
  return text.replaceAll(`${file}:`, 'line ').replaceAll(file, 'the patch').trim();
}

async function commitOf(patch: Patch, tree: string, parent: string, at: { gitDir: string }): Promise<string> {
  const [, name = '', email = ''] = /^(.*) <([^>]*)>$/.exec(patch.author) ?? [];
  const env = {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: patch.date,
    GIT_COMMITTER_DATE: patch.date,
  };
  const input = `${patch.subject}\n${patch.message === '' ? '' : `\n${patch.message}\n`}`;
  return (await git(['commit-tree', tree, '-p', parent], { ...at, env, input })).trim();
}
