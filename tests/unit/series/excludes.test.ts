import * as assert from 'uvu/assert';
import { plainExcludes } from '../../../orchestrator/series/excludes.js';
import { suite } from '../../harness/suite.js';

const test = suite('series/excludes');

test('only the tracked dot files come back in a usual tree', () => {
  const patterns = plainExcludes('.*\n*.o\n/vmlinux\n');
  assert.ok(patterns.includes('!.gitignore'));
  assert.ok(patterns.every((pattern) => pattern.startsWith('!.')));
});

test('a catch-all is taken back for the top, the rest said again', () => {
  const patterns = plainExcludes('# x\n*.o\n/vmlinux\n!kernel/time/timeconst.bc\n\ntags\n/*\n!/debian/\n');
  assert.equal(patterns.slice(0, 6), [
    '!/*',
    '/*.o',
    '/vmlinux',
    '!kernel/time/timeconst.bc',
    '/tags',
    '!/debian/',
  ]);
});

test.run();
