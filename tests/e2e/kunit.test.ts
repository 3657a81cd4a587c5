import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { fileAt, git } from '../../orchestrator/kernel/git.js';
import { managedSource } from '../../orchestrator/kernel/managed-source.js';
import { run as runChild } from '../../orchestrator/process/child.js';
import { ktap } from '../../orchestrator/report/ktap.js';
import { suite } from '../harness/suite.js';
import { scratchDir } from '../harness/temp.js';
import { tool } from '../harness/tool.js';
import { counts, TOLD } from '../unit/report/ktap-samples.js';
import { context } from '../unit/report/recorded.js';

const test = suite("e2e: the kernel's kunit.py reads our KTAP");

const KUNIT = 'tools/testing/kunit';
/** kunit.py of the managed source, in a folder of its own. */
async function kunit(gitDir: string): Promise<string> {
  // It looks for the root of a kernel tree above itself.
  const dir = path.join(scratchDir('kunit'), KUNIT);
  const repo = { gitDir };
  const names = (await git(repo, ['ls-tree', '--name-only', 'HEAD', `${KUNIT}/`])).split('\n');
  mkdirSync(dir, { recursive: true });
  for (const name of names.filter((one) => one.endsWith('.py'))) {
    const text = await fileAt(repo, 'HEAD', name);
    writeFileSync(path.join(dir, path.basename(name)), text ?? '');
  }
  return path.join(dir, 'kunit.py');
}

interface Group {
  readonly name: string;
  readonly sub_groups: readonly Group[];
  readonly test_cases: readonly { readonly name: string; readonly status: string }[];
  readonly misc: Record<string, number>;
}

// Where there is none yet this fetches it; the other files of this directory need it, too.
const source = await managedSource({ progress: () => undefined });
const script = await kunit(source.gitDir);

for (const [name, one] of TOLD) {
  test(name, async () => {
    const file = path.join(scratchDir('kunit'), 'parsed.json');
    const result = await runChild([tool('python3'), script, 'parse', `--json=${file}`, '--failed'], {
      what: 'kunit.py parse',
      deadlineMs: 30_000,
      cwd: path.dirname(script),
      input: ktap.render(one, context),
    });
    const group = JSON.parse(readFileSync(file, 'utf8')) as Group;
    assert.equal(group.misc, counts(one), result.stdout.slice(0, 2000));
    assert.is(group.sub_groups.length, one.run.points.length);
    assert.is(result.exitCode, counts(one)['failed'] === 0 ? 0 : 1);
  });
}

test.run();
