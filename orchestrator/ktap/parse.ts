import { parseTree } from './tree.js';
import type { KtapNode, KtapProblem, KtapTree } from './tree.js';

/**
 * What became of one leaf test. `xfail` is an expected failure (also TODO) and no failure; `crashed` was planned
 * or started and never reported.
 */
export type KtapStatus = 'pass' | 'fail' | 'skip' | 'xfail' | 'timeout' | 'error' | 'crashed';

export interface KtapResult {
  /** Names from the outermost test inwards, joined with ` / `; equal ones get ` (2)`, ` (3)` … */
  readonly id: string;
  readonly path: readonly string[];
  readonly status: KtapStatus;
  /** The directive's text, the diagnostic, or why it counts as failed. */
  readonly reason?: string;
  /** Line in the input counted from 1; 0 when no line reported it. */
  readonly line: number;
  /** What was printed since the result before: the assertion that failed is here. */
  readonly diagnostics: readonly string[];
}

export interface KtapReport {
  readonly results: readonly KtapResult[];
  readonly problems: readonly KtapProblem[];
  /** Tests promised by the outermost plans; absent without a plan. */
  readonly planned?: number;
  /** Nothing ran and nothing said why: never a pass. */
  readonly zeroTests: boolean;
  /** The reason, where the whole program skipped itself with `1..0 # SKIP`. */
  readonly skippedAll?: string;
}

/**
 * Parses the output of a kernel test program (KTAP, TAP 13, kselftest, KUnit) into its leaf results. Console
 * prefixes are stripped, nesting by spaces or `# ` is followed to any depth, a parent's `not ok` is a failure of
 * its own when all its children pass, and planned results that did not come are `crashed`. Pure; never throws.
 */
export function parseKtap(text: string): KtapReport {
  const tree = parseTree(text);
  // A last line without newline is complete unless results are missing anyhow: then the stream was cut in it.
  if (tree.endsInResult && tree.problems.some((problem) => problem.kind === 'missing')) {
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const problem: KtapProblem = {
      kind: 'cut',
      line: 0,
      text: 'the output ends in the middle of a result line',
    };
    return report(parseTree(whole), [problem]);
  }
  return report(tree, []);
}

/** True where the result makes the test program a failure. */
export function isFailure(status: KtapStatus): boolean {
  return status === 'fail' || status === 'timeout' || status === 'error' || status === 'crashed';
}

function report(tree: KtapTree, extra: readonly KtapProblem[]): KtapReport {
  const problems = [...tree.problems, ...extra];
  const leaves: KtapResult[] = [];
  for (const node of tree.nodes) flatten(node, [], leaves, problems);
  const results = keepApart(leaves);
  const skippedAll = results.length === 0 ? tree.skippedPlans[0] : undefined;
  return {
    results,
    problems,
    zeroTests: results.length === 0 && skippedAll === undefined,
    ...(tree.planned === undefined ? {} : { planned: tree.planned }),
    ...(skippedAll === undefined ? {} : { skippedAll }),
  };
}

/** Appends the leaves below `node`; returns whether any of them failed. */
function flatten(
  node: KtapNode,
  above: readonly string[],
  into: KtapResult[],
  problems: KtapProblem[],
): boolean {
  const path = [...above, node.name];
  const { status, reason } = judge(node);
  let childFailed = false;
  for (const child of node.children) childFailed = flatten(child, path, into, problems) || childFailed;
  if (childFailed && node.ok && node.directive === undefined) {
    const text = `${path.join(' / ')} says ok although a test below it failed`;
    problems.push({ kind: 'contradiction', line: node.line, text });
  }
  const ownFailure = isFailure(status) && (!childFailed || status !== 'fail');
  if (node.children.length === 0 || ownFailure) {
    const why =
      node.children.length > 0 && status === 'fail'
        ? `the test itself says not ok although the ${node.children.length} below it did not fail${reason === undefined ? '' : `: ${reason}`}`
        : reason;
    into.push({
      id: path.join(' / '),
      path,
      status,
      line: node.line,
      diagnostics: node.diagnostics,
      ...(why === undefined ? {} : { reason: why }),
    });
  }
  return childFailed || isFailure(status);
}

function judge(node: KtapNode): { status: KtapStatus; reason?: string } {
  if (node.missing)
    return { status: 'crashed', reason: 'no result: the test or its program ended before reporting' };
  const reason = node.diagnostic === undefined ? {} : { reason: node.diagnostic };
  switch (node.directive) {
    case 'SKIP':
      return { status: 'skip', ...reason };
    case 'XFAIL':
      return { status: 'xfail', ...reason };
    case 'TODO':
      return { status: node.ok ? 'pass' : 'xfail', ...reason };
    // These two report a failure whatever the word before says: "ok" with TIMEOUT is a broken runner.
    case 'TIMEOUT':
      return { status: 'timeout', ...reason };
    case 'ERROR':
      return { status: 'error', ...reason };
    default:
      // No directive, or XPASS.
      return { status: node.ok ? 'pass' : 'fail', ...reason };
  }
}

function keepApart(leaves: readonly KtapResult[]): KtapResult[] {
  const seen = new Map<string, number>();
  return leaves.map((leaf) => {
    const count = (seen.get(leaf.id) ?? 0) + 1;
    seen.set(leaf.id, count);
    return count === 1 ? leaf : { ...leaf, id: `${leaf.id} (${count})` };
  });
}
