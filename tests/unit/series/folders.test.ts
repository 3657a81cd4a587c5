import * as assert from 'uvu/assert';
import { Folders, type WriteTrees } from '../../../orchestrator/series/folders.js';
import type { Entry } from '../../../orchestrator/series/listing.js';
import { suite } from '../../harness/suite.js';

const test = suite('series/folders');
const file = (id: string): Entry => ({ mode: '100644', id });
const folder = (id: string): Entry => ({ mode: '040000', id });

/** Its own words are the id of a tree, so that a whole tree can be read off the id of the top. */
function recorder(): { readonly calls: number[]; readonly write: WriteTrees } {
  const calls: number[] = [];
  return {
    calls,
    write: async (trees) => {
      calls.push(trees.length);
      return trees.map((tree) => {
        const rows = tree
          .split('\0')
          .filter(Boolean)
          .map((row) => row.replace(/^(\d+) \w+ (.*)\t(.*)$/s, '$3=$2'));
        return `{${rows.toSorted().join(',')}}`;
      });
    },
  };
}

const known = (): Folders =>
  new Folders(
    new Map([
      ['top', file('t')],
      ['a', folder('A')],
      ['a/x', file('x')],
      ['a/b', folder('B')],
      ['a/b/y', file('y')],
      ['other', folder('O')],
    ]),
  );

test('a change writes the folders on the way, one call for each depth', async () => {
  const { calls, write } = recorder();
  const id = await known().write(
    new Map([
      ['a/b/y', file('y2')],
      ['a/x', file('x2')],
    ]),
    write,
  );
  assert.is(id, '{a={b={y=y2},x=x2},other=O,top=t}');
  assert.equal(calls, [1, 1, 1]);
});

test('new folders, at any depth', async () => {
  const { write } = recorder();
  const id = await known().write(
    new Map([
      ['n/e/w', file('w')],
      ['a/new/z', file('z')],
    ]),
    write,
  );
  assert.is(id, '{a={b=B,new={z=z},x=x},n={e={w=w}},other=O,top=t}');
});

test('a folder goes with its last file, and those above it that it was all of', async () => {
  const { write } = recorder();
  const folders = known();
  assert.is(await folders.write(new Map([['a/b/y', undefined]]), write), '{a={x=x},other=O,top=t}');
  assert.is(await folders.write(new Map([['a/x', undefined]]), write), '{other=O,top=t}');
  assert.is(await folders.write(new Map([['a/b/y', file('y')]]), write), '{a={b={y=y}},other=O,top=t}');
});

test('a file takes the place of a folder and a folder that of a file', async () => {
  const { write } = recorder();
  const folders = known();
  const swap = new Map([
    ['a/b', file('b')],
    ['a/b/y', undefined],
    ['top', undefined],
    ['top/z', file('z')],
  ]);
  assert.is(await folders.write(swap, write), '{a={b=b,x=x},other=O,top={z=z}}');
});

test('an empty tree is a tree', async () => {
  const { write } = recorder();
  const folders = new Folders(new Map([['x', file('x')]]));
  assert.is(await folders.write(new Map([['x', undefined]]), write), '{}');
});

test.run();
