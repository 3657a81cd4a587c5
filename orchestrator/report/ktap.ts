import type { PointRecord, RunRecord, TestRecord } from '../store/records.js';
import type { Format } from './format.js';
import { pointLabel, pointTests } from './point-tests.js';
import type { PointTest } from './point-tests.js';
import { printable } from './printable.js';
import { deviationInWords, failureInWords } from './words.js';

const DEVIATIONS = 10;

interface Node {
  readonly name: string;
  readonly ok: boolean;
  readonly directive?: string;
  /** Said before the result. */
  readonly diagnostics: readonly string[];
  readonly children: readonly Node[];
}

/**
 * KTAP, version 1 (Documentation/dev-tools/ktap.rst): points, in them suites, in them tests. What `kunit.py parse` makes
 * of it is what the record has.
 */
export const ktap: Format = {
  name: 'ktap',
  summary: 'KTAP, as `kunit.py parse` takes it',
  render: ({ run }) => {
    const points = run.points.map((point) => pointNode(run, point));
    return [...block(points), ''].join('\n');
  },
};

function pointNode(run: RunRecord, point: PointRecord): Node {
  const tests = pointTests(run, point);
  const suites = new Map<string, PointTest[]>();
  for (const one of tests) suites.set(one.test.suite, [...(suites.get(one.test.suite) ?? []), one]);
  const children = [...suites].flatMap(([suite, own]): Node[] => {
    // A parent and a child of one name: kunit.py would take the child's result for the parent's.
    if (own.every(({ test }) => !test.id.startsWith(`${suite}/`))) return own.map(leaf);
    const named = own
      .map(leaf)
      .map((node) => (node.name === suite ? { ...node, name: `all of ${suite}` } : node));
    return [parent(suite, named, [])];
  });
  const label = pointLabel(run, point.index);
  return parent(label, children, [point.subject, `${point.verdict}: ${point.reason}`]);
}

function parent(name: string, children: readonly Node[], diagnostics: readonly string[]): Node {
  const ok = children.every((child) => child.ok);
  const skipped = children.every((child) => child.directive?.startsWith('SKIP') === true);
  return { name, ok, children, diagnostics, ...(skipped ? { directive: 'SKIP all skipped' } : {}) };
}

function leaf({ test, outcome, message }: PointTest): Node {
  const { id, suite } = test;
  const name = id.startsWith(`${suite}/`) ? id.slice(suite.length + 1) : id;
  const text = message ?? '';
  switch (outcome) {
    case 'passed':
      return { name, ok: true, diagnostics: message === undefined ? [] : [message], children: [] };
    case 'skipped':
      return { name, ok: true, directive: `SKIP ${text}`, diagnostics: [], children: [] };
    case 'error':
      return { name, ok: false, directive: `ERROR ${text}`, diagnostics: [], children: [] };
    case 'failure':
      return { name, ok: false, diagnostics: details(test), children: [] };
  }
}

function details(test: TestRecord): readonly string[] {
  const own = test.deviations.filter(({ known }) => known === undefined).map(deviationInWords);
  const left = own.length - DEVIATIONS;
  return [
    ...new Set([...failureInWords(test), ...own.slice(0, DEVIATIONS)]),
    ...(left > 0 ? [`and ${left} deviations more`] : []),
    ...(test.runs > 1 ? [`failed in ${test.matches} of ${test.runs} runs`] : []),
  ];
}

/** Tests of one level with their header and plan. */
function block(nodes: readonly Node[], name?: string): string[] {
  return [
    'KTAP version 1',
    ...(name === undefined ? [] : [`# Subtest: ${word(name)}`]),
    `1..${nodes.length}`,
    ...nodes.flatMap((node, i) => result(node, i + 1)),
  ];
}

function result({ name, ok, directive, diagnostics, children }: Node, number: number): string[] {
  const inner = children.length === 0 ? [] : block(children, name).map((line) => `  ${line}`);
  return [
    ...inner,
    ...diagnostics.map((text) => `# ${remark(text)}`),
    `${ok ? 'ok' : 'not ok'} ${number} ${word(name)}${directive === undefined ? '' : ` # ${remark(directive)}`}`,
  ];
}

/** A name: a `#` would begin a directive, and kunit.py takes a line with another one for no result at all. */
function word(name: string): string {
  return remark(name).replaceAll('#', '_');
}

/** Text that no parser takes for more: kunit.py ends at what a console says when it is over, wherever it stands in a line. */
function remark(text: string): string {
  return printable(text)
    .replaceAll(/(List of all partitions|Kernel panic - not syncing): ?/g, '$1, ')
    .replaceAll('reboot: System halted', 'reboot, System halted')
    .trim();
}
