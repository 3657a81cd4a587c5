import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { projectRoot } from '../../orchestrator/store/paths.js';
import { checkLayers, importsOf, LAYERS, readImports } from '../harness/layers.js';
import { suite } from '../harness/suite.js';

const test = suite('layers');
const root = join(projectRoot(), 'orchestrator');

test('every import goes strictly downwards', () => {
  const imports = readImports(root);
  assert.ok(imports.some(({ from, to }) => from === 'process/child.ts' && to === 'process/groups.ts'));
  assert.ok(imports.some(({ from, to }) => from === 'store/lock.ts' && to === 'process/deadline.ts'));
  assert.equal(checkLayers(imports), []);
});

test('every folder has a layer', () => {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const known = LAYERS.flat();
  for (const { name } of folders) assert.ok(known.includes(name), `orchestrator/${name} has no layer`);
});

test('each source of the model has a test of the same path', () => {
  const sources = readdirSync(join(root, 'model'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  assert.ok(sources.includes(join('mapping', 'core.ts')));
  const tests = join(projectRoot(), 'tests/unit/model');
  const bare = sources.filter((name) => !existsSync(join(tests, name.replace(/\.ts$/, '.test.ts'))));
  assert.equal(bare, []);
});

test('a wrong edge is found', () => {
  const wrong = (from: string, to: string): number => checkLayers([{ from, to }]).length;
  assert.is(wrong('store/x.ts', 'run/y.ts'), 1);
  assert.is(wrong('series/x.ts', 'kernel/y.ts'), 1);
  assert.is(wrong('ktap/x.ts', 'splat/y.ts'), 1);
  assert.is(wrong('model/x.ts', 'store/y.ts'), 1);
  assert.is(wrong('model/x.ts', 'node:fs'), 1);
  assert.is(wrong('model/x.ts', 'zod'), 1);
  assert.is(wrong('run/x.ts', '../tests/harness/suite.ts'), 1);
  assert.is(wrong('new/x.ts', 'store/y.ts'), 1);
  assert.is(wrong('main.ts', 'store/y.ts'), 1);
  assert.is(wrong('run/x.ts', 'new/y.ts'), 1);
});

test('a right edge is not', () => {
  const right = [
    { from: 'cli/main.ts', to: 'process/errors.ts' },
    { from: 'run/x.ts', to: 'verdict/y.ts' },
    { from: 'run/x.ts', to: 'run/deep/y.ts' },
    { from: 'model/x.ts', to: 'model/y.ts' },
    { from: 'store/x.ts', to: 'node:fs/promises' },
    { from: 'guest/x.ts', to: 'ssh2' },
  ];
  assert.equal(checkLayers(right), []);
});

test('imports are read in every form, and not out of comments', () => {
  const source = `import { a,
  b } from './one.js';
import type { C } from "./two.js"; import './three.js';
export * from './four.js'; export { d } from './five.js';
const e = await import('./six.js');
// import './not.js'
/* import x from './not-either.js' */
export const from = 'import';
import f, * as g from 'node:fs';`;
  assert.is(importsOf(source).join(' '), './one.js ./two.js ./three.js ./four.js ./five.js ./six.js node:fs');
});

test.run();
