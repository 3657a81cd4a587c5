import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from '../../harness/suite.js';
import { both, bothApply, edit, madeBy, richRepo } from './both-ways.js';
import { ownCache, write } from './fake-tree.js';

ownCache();
const test = suite('series/apply, beside an index of the whole tree: what applies', { timeoutMs: 60_000 });

test('lines changed at the top, deeper, and again by the next patch', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => edit(root, 'mm/memremap.c', 'line 7\n', 'line seven\n'),
    () => {
      edit(root, 'drivers/gpu/drm/a.c', 'line 3\n', 'line three\n');
      edit(root, 'mm.c', 'sorts', 'is sorted');
    },
    () => edit(root, 'mm/memremap.c', 'line seven\n', 'line 7 again\n'),
    () => edit(root, 'mm/memremap.c', 'line 7 again\n', 'line 7\n'),
  );
});

test('new files: beside others, in new folders, in several', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => write(root, 'mm/new.c', 'new\n'),
    () => {
      write(root, 'fresh/deep/er/new.c', 'new\n');
      write(root, 'fresh/deep-er/new.c', 'new\n');
      write(root, 'drivers/gpu/host/new.c', '');
    },
    () => edit(root, 'fresh/deep/er/new.c', 'new', 'newer'),
  );
});

test('deletions: one of several, the last of a folder, of several folders, all of one and back', async () => {
  const root = richRepo();
  const text = readFileSync(join(root, 'drivers/gpu/only/one.c'));
  await bothApply(
    root,
    () => rmSync(join(root, 'drivers/gpu/drm/b.c')),
    () => rmSync(join(root, 'drivers/gpu/only/one.c')),
    () => rmSync(join(root, 'drivers'), { recursive: true }),
    () => write(root, 'drivers/gpu/only/one.c', text),
  );
});

test('renames and copies, with changes and without, over folders', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => renameSync(join(root, 'mm/memremap.c'), join(root, 'mm/remap.c')),
    () => {
      mkdirSync(join(root, 'other'));
      renameSync(join(root, 'drivers/gpu/only/one.c'), join(root, 'other/two.c'));
      edit(root, 'other/two.c', 'one line 4\n', 'two line 4\n');
    },
    () => {
      const text = readFileSync(join(root, 'mm/huge_memory.c'), 'utf8');
      write(root, 'mm/huge_copy.c', text.replace('line 9\n', 'line nine\n'));
      write(root, 'mm/huge_memory.c', text.replace('line 50\n', 'line fifty\n'));
    },
  );
});

test('modes and links', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => chmodSync(join(root, 'mm/memremap.c'), 0o755),
    () => {
      chmodSync(join(root, 'mm/memremap.c'), 0o644);
      edit(root, 'mm/memremap.c', 'line 7\n', 'line seven\n');
    },
    () => {
      rmSync(join(root, 'link.c'));
      symlinkSync('mm/memremap.c', join(root, 'link.c'));
    },
    () => {
      rmSync(join(root, 'link.c'));
      write(root, 'link.c', 'no link any more\n');
    },
  );
});

test('a file where a folder was, a folder where a file was, a folder where a link was', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => {
      rmSync(join(root, 'mm.c'));
      write(root, 'mm.c/inside.c', 'a folder now\n');
    },
    () => {
      rmSync(join(root, 'mm.c'), { recursive: true });
      write(root, 'mm.c', 'a file again\n');
    },
    () => {
      rmSync(join(root, 'drivers/gpu/only'), { recursive: true });
      write(root, 'drivers/gpu/only', 'a file now\n');
    },
    () => {
      rmSync(join(root, 'gpu'));
      write(root, 'gpu/real.c', 'a folder now\n');
    },
  );
});

test('binary files, empty files, no newline at the end, CRLF', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => write(root, 'blob.bin', Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 11) % 256))),
    () => write(root, 'mm/empty', ''),
    () => rmSync(join(root, 'mm/empty')),
    () => write(root, 'mm/Makefile', 'obj-y += memremap.o'),
    () => write(root, 'new.bin', Buffer.from([0, 1, 2, 255, 0, 10])),
  );
  const { base, box } = madeBy(root, () => edit(root, 'dos.txt', 'line 7\r\n', 'line seven\r\n'));
  await both(root, base, box);
});

test('names with blanks, quotes, newlines, and what git could take for patterns', async () => {
  const root = richRepo();
  await bothApply(
    root,
    () => edit(root, 'odd/a b.c', 'line 3\n', 'line three\n'),
    () => edit(root, 'odd/q"\t.c', 'line 3\n', 'line three\n'),
    () => edit(root, 'odd/new\nline.c', 'line 3\n', 'line three\n'),
    () => edit(root, 'odd/ä*[x]?.c', 'line 3\n', 'line three\n'),
    () => edit(root, 'odd/:(top)x.c', 'line 3\n', 'line three\n'),
    () => renameSync(join(root, 'odd/a b.c'), join(root, 'odd/b  a .c')),
    () => write(root, ':odd/ ü/*', 'new\n'),
  );
});

test.run();
