import * as assert from 'uvu/assert';
import {
  changedBetween,
  foldersOf,
  indexInfo,
  parseListing,
  splitPath,
  treeInfo,
} from '../../../orchestrator/series/listing.js';
import { suite } from '../../harness/suite.js';

const test = suite('series/listing');
const [A, B] = ['a'.repeat(40), 'b'.repeat(40)];

test('rows of ls-tree and of ls-files, with names of every sort', () => {
  const tree = `100644 blob ${A}\tmm/a b.c\x00040000 tree ${B}\tmm\x00160000 commit ${A}\tsub\0`;
  assert.equal(
    [...(parseListing(tree) ?? [])],
    [
      ['mm/a b.c', { mode: '100644', id: A }],
      ['mm', { mode: '040000', id: B }],
      ['sub', { mode: '160000', id: A }],
    ],
  );
  const index = `100755 ${A} 0\tx\ny\t"z\x00120000 ${B} 0\tlink\0`;
  assert.equal([...(parseListing(index)?.keys() ?? [])], ['x\ny\t"z', 'link']);
  assert.is(parseListing('')?.size, 0);
});

test('what could not be written back as it is: no listing', () => {
  assert.is(parseListing(`100644 ${A} 2\tmm/x.c\0`), undefined, 'not merged');
  assert.is(parseListing(`100664 blob ${A}\tmm/x.c\0`), undefined, 'a mode of old');
  assert.is(parseListing(`100644 blob ${A}\tmm/\uFFFD.c\0`), undefined, 'not UTF-8');
  assert.is(parseListing('garbage\0'), undefined);
});

test('rows for update-index and mktree', () => {
  const entries = new Map([
    ['x', { mode: '100644', id: A }],
    ['mm', { mode: '040000', id: B }],
    ['sub', { mode: '160000', id: A }],
    ['link', { mode: '120000', id: B }],
  ]);
  assert.is(indexInfo(new Map([['mm/x', { mode: '100755', id: A }]])), `100755 ${A} 0\tmm/x\0`);
  assert.is(
    treeInfo(entries),
    `100644 blob ${A}\tx\x00040000 tree ${B}\tmm\x00160000 commit ${A}\tsub\x00120000 blob ${B}\tlink\0\0`,
  );
  assert.is(treeInfo(new Map()), '\0');
});

test('paths and their folders', () => {
  assert.equal(
    [splitPath('x'), splitPath('a/b/x')],
    [
      ['', 'x'],
      ['a/b', 'x'],
    ],
  );
  assert.equal([foldersOf('x'), foldersOf('a/b/x')], [[], ['a/b', 'a']]);
});

test('what changed: gone, new, another mode, other content', () => {
  const entry = (mode: string, id: string) => ({ mode, id });
  const before = new Map([
    ['same', entry('100644', A)],
    ['gone', entry('100644', A)],
    ['mode', entry('100644', A)],
    ['content', entry('100644', A)],
  ]);
  const after = new Map([
    ['same', entry('100644', A)],
    ['mode', entry('100755', A)],
    ['content', entry('100644', B)],
    ['new', entry('100644', A)],
    ['\u{1F600}', entry('100644', A)],
    ['\uFB00', entry('100644', A)],
  ]);
  // As git sorts: by bytes, not by UTF-16.
  assert.equal(changedBetween(before, after), ['content', 'gone', 'mode', 'new', '\uFB00', '\u{1F600}']);
});

test.run();
