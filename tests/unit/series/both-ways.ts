import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { applySeries } from '../../../orchestrator/series/apply.js';
import { openClone } from '../../../orchestrator/series/clone.js';
import type { ApplyOutcome } from '../../../orchestrator/series/types.js';
import { applyWithWholeIndex } from '../../harness/whole-tree.js';
import { kernelRepo, numbered, userGit, write } from './fake-tree.js';
import { seriesOf } from './mails.js';

/** A kernel with files of every sort, and folders at several depths. */
export function richRepo(): string {
  const root = kernelRepo();
  write(root, 'drivers/gpu/drm/a.c', numbered('a', 20));
  write(root, 'drivers/gpu/drm/b.c', numbered('b', 20));
  write(root, 'drivers/gpu/only/one.c', numbered('one', 9));
  write(root, 'mm-first/x.c', 'sorts before mm/\n');
  write(root, 'mm.c', 'sorts between\n');
  write(root, 'dos.txt', numbered('dos', 20).replaceAll('\n', '\r\n'));
  write(root, 'blob.bin', Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7) % 256)));
  write(root, 'odd/a b.c', numbered('blank', 9));
  write(root, 'odd/q"\t.c', numbered('quote', 9));
  write(root, 'odd/new\nline.c', numbered('newline', 9));
  write(root, 'odd/ä*[x]?.c', numbered('glob', 9));
  write(root, 'odd/:(top)x.c', numbered('magic', 9));
  symlinkSync('mm.c', join(root, 'link.c'));
  symlinkSync('drivers/gpu', join(root, 'gpu'));
  // A submodule: a commit that is somewhere else, and an empty folder.
  mkdirSync(join(root, 'sub/module'), { recursive: true });
  userGit(root, 'add', '-f', '-A', '.');
  userGit(root, 'update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},sub/module`);
  userGit(root, 'commit', '-q', '-m', 'files of every sort');
  return root;
}

/** Commits what `change` did to the files, and gives the mails of all commits since. */
export function madeBy(root: string, ...changes: readonly (() => void)[]): { base: string; box: string } {
  const base = userGit(root, 'rev-parse', 'HEAD');
  for (const [i, change] of changes.entries()) {
    change();
    userGit(root, 'add', '-f', '-A', '.');
    userGit(root, 'commit', '-q', '-m', `change ${i + 1}`);
  }
  return { base, box: `${userGit(root, 'format-patch', '--stdout', '--binary', '-M', '-C', base)}\n` };
}

/** Applies in both ways, demands that they come to the same, and gives it. */
export async function both(root: string, base: string, box: string): Promise<ApplyOutcome> {
  const [clone, series] = [await openClone(root), await seriesOf(box)];
  const outcome = await applySeries(clone, { commit: base }, series);
  assert.equal(outcome, await applyWithWholeIndex(clone.gitDir, base, series));
  return outcome;
}

/** As both(), for changes that apply: the last tree must be that of the commits. */
export async function bothApply(root: string, ...changes: readonly (() => void)[]): Promise<ApplyOutcome> {
  const { base, box } = madeBy(root, ...changes);
  const outcome = await both(root, base, box);
  assert.is(outcome.failed, undefined);
  assert.is(outcome.points.at(-1)?.tree, userGit(root, 'rev-parse', 'HEAD^{tree}'));
  return outcome;
}

export const edit = (root: string, path: string, from: string, to: string): void =>
  write(root, path, readFileSync(join(root, path), 'utf8').replace(from, to));
