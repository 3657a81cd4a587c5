import type { RunRecord } from '../store/records.js';
import { keyOf } from '../verdict/compare.js';
import type { Shade } from './colour.js';
import { painter } from './colour.js';
import type { RunComparison, TestPair } from './compare-runs.js';
import { byScenario } from './entries.js';
import { Text } from './text.js';
import { failureInWords, pointName, titleOf } from './words.js';

/** Tests of one list that are told with their reason; the others are counted by scenario. */
const TOLD = 3;
const NAMES = 6;

/** Two runs side by side as text, newline at the end. */
export function renderComparison(
  before: RunRecord,
  now: RunRecord,
  compared: RunComparison,
  context: { readonly columns: number; readonly colour: boolean },
): string {
  const out = new Text(Math.max(60, context.columns), painter(context.colour));
  const at = (run: RunRecord, index: number | undefined): string =>
    index === undefined
      ? 'nothing was tested'
      : `${pointName(index, run.series !== undefined)} of ${titleOf(run)}`;
  out.pair(
    'before',
    NAMES,
    `${at(before, compared.points?.before.index)}, ${before.base.describe}, run ${before.id}`,
  );
  out.pair('now', NAMES, `${at(now, compared.points?.now.index)}, ${now.base.describe}, run ${now.id}`);
  for (const line of circumstances(before, now)) out.pair('', NAMES, line, 'warn');
  const { fails, fixed, stillFailing, otherwise, rates, onlyBefore, onlyNow, alike } = compared;
  told(out, 'fails now', 'bad', fails, ({ now: test }) => failureInWords(test));
  told(out, 'fixed', 'good', fixed, ({ before: test }) => [`before: ${keyOf(test)}`]);
  told(out, 'fails otherwise', 'warn', otherwise, (pair) => [
    `before: ${keyOf(pair.before)}`,
    `now: ${keyOf(pair.now)}`,
  ]);
  told(out, 'fails as before', 'warn', stillFailing, ({ now: test }) => [keyOf(test)]);
  told(out, 'intermittent, at another rate', 'warn', rates, (pair) => [
    `before ${pair.before.matches} of ${pair.before.runs} runs, now ${pair.now.matches} of ${pair.now.runs}`,
  ]);
  names(out, 'only before', onlyBefore);
  names(out, 'only now', onlyNow);
  out.blank();
  out.text(`${alike === 1 ? '1 test' : `${alike} tests`} alike`, 0);
  return out.toString();
}

/** What else differs, so that a difference of the tests may not come from the patches. */
function circumstances(before: RunRecord, now: RunRecord): string[] {
  const differ = (what: string, a: string, b: string): string[] =>
    a === b ? [] : [`${what}: ${a}, now ${b}`];
  const compiler = (run: RunRecord): string =>
    run.points.find(({ build }) => build.compiler !== undefined)?.build.compiler ?? 'none';
  return [
    ...differ('profile', before.profiles.join(', '), now.profiles.join(', ')),
    ...differ('machine', before.machine.name, now.machine.name),
    ...differ('QEMU', before.machine.qemuVersion, now.machine.qemuVersion),
    ...differ('accelerator', before.accelerator.name, now.accelerator.name),
    ...differ('compiler', compiler(before), compiler(now)),
  ];
}

function told(
  out: Text,
  title: string,
  shade: Shade,
  pairs: readonly TestPair[],
  words: (pair: TestPair) => readonly string[],
): void {
  if (pairs.length === 0) return;
  out.section(`${title}: ${pairs.length}`, shade);
  for (const pair of pairs.slice(0, TOLD)) {
    out.text(pair.test, 2, 'bold');
    for (const line of words(pair)) out.text(line, 4);
  }
  const left = pairs.slice(TOLD).map(({ test }) => test);
  if (left.length > 0) out.text(`and ${byScenario(left)}`);
}

function names(out: Text, title: string, ids: readonly string[]): void {
  if (ids.length === 0) return;
  out.section(`${title}: ${ids.length}`, 'dim');
  out.text(byScenario(ids));
}
