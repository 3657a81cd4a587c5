import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { Host } from '../../harness/host.js';
import type { FileResult } from '../../harness/run-file.js';
import { runTests } from '../../harness/runner.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('harness/host', { timeoutMs: 30_000 });

const SUITE_MODULE = JSON.stringify(new URL('../../harness/suite.js', import.meta.url).href);
const HEAD = `import { suite } from ${SUITE_MODULE};\nimport * as assert from 'uvu/assert';\n`;
const GOOD = `const t = suite('good'); t('a', () => {}); t('b', async () => {}); t.skip('c', 'no kvm'); t.run();`;

const root = scratchDir('fixture');
writeFileSync(join(root, 'package.json'), '{"type":"module"}');
symlinkSync(join(projectRoot(), 'node_modules'), join(root, 'node_modules'));

function write(body: string, head = HEAD): string {
  const file = join(scratchDirIn(), 'x.test.js');
  writeFileSync(file, head + body);
  return file;
}

let folders = 0;
function scratchDirIn(): string {
  const folder = join(root, `f${folders++}`);
  mkdirSync(folder);
  return folder;
}

interface Shared {
  readonly results: readonly FileResult[];
  readonly after: FileResult | undefined;
}

/** Runs the files in one host. */
async function share(files: readonly string[], fileTimeoutMs = 5000): Promise<Shared> {
  const host = new Host({ fileTimeoutMs, root });
  const results: FileResult[] = [];
  for (const file of files) results.push(await host.run(file));
  return { results, after: await host.end() };
}

const counts = ({ results }: Shared): number[][] =>
  results.map(({ passed, failed, skipped }) => [passed, failed, skipped]);

const tellsPid = `const t = suite('s'); t('a', () => { console.log('pid', process.pid); }); t.run();`;
const pidOf = (result: FileResult | undefined): string | undefined =>
  /^.*pid (\d+)$/m.exec(result?.output ?? '')?.[1];

test('files share a process, and each has its own counts and output', async () => {
  const got = await share([write(tellsPid), write(GOOD), write(tellsPid)]);
  assert.equal(counts(got), [
    [1, 0, 0],
    [2, 0, 1],
    [1, 0, 0],
  ]);
  assert.is(got.after, undefined);
  assert.ok(pidOf(got.results[0]));
  assert.is(pidOf(got.results[0]), pidOf(got.results[2]));
  assert.not.match(got.results[1]?.output ?? '', 'pid');
});

/** A file that is bad, what is said of it, and what it may do to its process. */
const BAD: readonly (readonly [name: string, body: string, says: RegExp])[] = [
  ['a failing assertion', `const t = suite('s'); t('a', () => assert.is(1, 2)); t.run();`, /failed: s "a"/],
  ['a forgotten run()', `const t = suite('s'); t('a', () => {});`, /run\(\) was never called/],
  ['an empty suite', `const t = suite('s'); t.run();`, /no tests/],
  ['no suite', `1;`, /did not report|no suite/],
  ['an error while loading', `throw new Error('x');`, /no suite/],
  ['process.exit(0)', `const t = suite('s'); t('a', () => process.exit(0)); t.run();`, /did not finish/],
  ['a busy loop', `const t = suite('s'); t('a', () => { for (;;); }); t.run();`, /did not end within/],
  [
    'a test that nothing wakes',
    `const t = suite('s', { timeoutMs: Infinity }); t('a', () => new Promise(() => {})); t.run();`,
    /did not end within/,
  ],
  [
    'uvu without the harness',
    `const { test } = await import('uvu'); test('a', () => {}); test.run();`,
    /did not report|no suite/,
  ],
];
for (const [name, body, says] of BAD) {
  test(`fails, and the files beside it do not: ${name}`, async () => {
    const got = await share([write(GOOD), write(body), write(GOOD)], 1500);
    const [before, bad, after] = counts(got);
    assert.equal(
      [before, after],
      [
        [2, 0, 1],
        [2, 0, 1],
      ],
    );
    assert.ok((bad?.[1] ?? 0) > 0);
    assert.match(got.results[1]?.trouble.join('\n') ?? '', says);
  });
}

test('the next file finds the environment and the working directory as they were', async () => {
  const changes = `const t = suite('s');
t('a', () => { process.env.LEFT = '1'; process.env.PATH = '/nowhere'; process.chdir('/'); }); t.run();`;
  const looks = `const cwd = ${JSON.stringify(process.cwd())}; const path = ${JSON.stringify(process.env['PATH'])};
const t = suite('s');
t('a', () => assert.equal([process.env.LEFT, process.env.PATH, process.cwd()], [undefined, path, cwd])); t.run();`;
  const got = await share([write(changes), write(looks)]);
  assert.equal(counts(got), [
    [1, 0, 0],
    [1, 0, 0],
  ]);
});

test('what a file leaves behind fails something, though the file is through', async () => {
  const late = `const t = suite('s'); t('a', () => { setTimeout(() => { throw new Error('late'); }, 200); }); t.run();`;
  const got = await share([write(late)]);
  assert.match(got.after?.trouble.join() ?? '', /exit code 1 after f\d+\/x.test.js/);
  const said: string[] = [];
  const good = await runTests([write(late)], {
    jobs: 1,
    fileTimeoutMs: 5000,
    root,
    together: () => true,
    say: (text) => void said.push(text),
  });
  assert.is(good, false);
  assert.is(said.at(-1), '1 passed, 1 failed');
});

test('only what may share a process does', async () => {
  const files = [write(tellsPid), write(tellsPid), write(tellsPid)];
  const host = new Host({ fileTimeoutMs: 5000, root });
  assert.is(await host.end(), undefined, 'a host that was given nothing started nothing');
  const said: string[] = [];
  const good = await runTests(files, {
    jobs: 1,
    fileTimeoutMs: 5000,
    root,
    together: (file) => file !== files[1],
    say: (text) => void said.push(text),
  });
  assert.is(good, true);
  assert.is(said.at(-1), '3 passed, 0 failed');
});

test.run();
