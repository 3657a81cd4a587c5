import * as assert from 'uvu/assert';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from '../../harness/suite.js';
import { scanConsole, SplatScanner } from '../../../orchestrator/splat/scanner.js';
import type { Splat } from '../../../orchestrator/store/records.js';

const test = suite('splat/golden');
const FOLDER = 'tests/fixtures/splat';

interface Expected {
  title: string;
  alt: string[];
  frames: string | undefined;
  corrupted: boolean;
  fields: Record<string, string>;
}

/**
 * A golden's header: `# none`, or for each splat `# title: …` and below it `# alt:`, `# frames:` (all of them),
 * `# field: name=value`, `# corrupted`. `# from:` says which kernel said it, and at what: always in `seen-*`. An empty
 * line ends it.
 */
function golden(name: string, text: string): { expected: Expected[]; log: string } {
  const end = text.indexOf('\n\n');
  const header = text.slice(0, end).split('\n');
  if (end < 0 || !/^# (?:none$|title: )/.test(header[0] ?? ''))
    throw new Error(`${name} has no golden header`);
  const expected: Expected[] = [];
  for (const line of header) {
    const [, key, value = ''] = /^# (\w+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (key === 'title')
      expected.push({ title: value, alt: [], frames: undefined, corrupted: false, fields: {} });
    const current = expected.at(-1);
    if (current === undefined || key === 'title' || key === 'from') continue;
    if (key === 'alt') current.alt.push(value);
    else if (key === 'frames') current.frames = value;
    else if (key === 'corrupted') current.corrupted = true;
    else if (key === 'field')
      current.fields[value.slice(0, value.indexOf('='))] = value.slice(value.indexOf('=') + 1);
    else throw new Error(`${name}: unknown line in the header: ${line}`);
  }
  return { expected, log: text.slice(end + 2) };
}

function check(splats: readonly Splat[], expected: readonly Expected[]): void {
  assert.equal(
    splats.map((splat) => splat.title),
    expected.map((one) => one.title),
  );
  splats.forEach((splat, index) => {
    const want = expected[index];
    if (want === undefined) return;
    if (want.frames !== undefined) assert.is(splat.frames.join(' < '), want.frames);
    if (want.alt.length > 0) assert.equal(splat.altTitles, want.alt);
    assert.is(splat.corrupted, want.corrupted);
    for (const [name, value] of Object.entries(want.fields)) assert.is(splat.fields[name], value, name);
    assert.ok(splat.title.length <= 120);
  });
}

for (const name of readdirSync(FOLDER).sort()) {
  test(name, () => {
    const { expected, log } = golden(name, readFileSync(join(FOLDER, name), 'utf8'));
    check(scanConsole(log), expected);
  });

  test(`${name}, seven bytes at a time`, () => {
    const { expected, log } = golden(name, readFileSync(join(FOLDER, name), 'utf8'));
    const scanner = new SplatScanner();
    const splats: Splat[] = [];
    for (let at = 0; at < log.length; at += 7) splats.push(...scanner.push(log.slice(at, at + 7)));
    splats.push(...scanner.end());
    check(splats, expected);
  });
}

test('real kernels have said most of what there are classes for, and each log says which kernel', () => {
  const seen = readdirSync(FOLDER).filter((name) => name.startsWith('seen-'));
  assert.ok(seen.length >= 30, `${seen.length} logs`);
  const classes = new Set<string>();
  for (const name of seen) {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    assert.match(text, /^# title: .*\n# from: (?:variant|mutant|series|7\.3\.4)/, name);
    assert.not.match(text, /\/(?:root|home|tmp|work)\//, `${name} names a folder of a machine`);
    for (const { fields } of scanConsole(golden(name, text).log)) classes.add(fields['class'] ?? '');
  }
  const expected = [
    'warning',
    'kernel-bug',
    'bad-page-state',
    'null-deref',
    'page-fault',
    'percpu-ref',
    'page-counter',
    'hung-task',
    'soft-lockup',
    'rcu-stall',
  ];
  assert.equal(
    expected.filter((id) => !classes.has(id)),
    [],
    [...classes].join(),
  );
});

test('a log without a golden header is refused', () => {
  assert.throws(() => golden('x.log', '[    T1] WARNING: something\n\n'), /no golden header/);
  assert.throws(() => golden('x.log', '# title: x\n[    T1] WARNING: something\n'), /no golden header/);
  assert.throws(() => golden('x.log', '# title: x\n# titel: y\n\n'), /unknown line/);
});

test('the folder holds goldens', () => {
  assert.ok(readdirSync(FOLDER).length >= 20);
});

test.run();
