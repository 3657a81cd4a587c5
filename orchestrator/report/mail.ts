import type { RunRecord, SummaryEntry } from '../store/records.js';
import { painter } from './colour.js';
import type { Format, ReportContext } from './format.js';
import { angled, mailbox, mailHeader } from './mail-header.js';
import { count, patch, tellStory } from './mail-story.js';
import { fitInWords } from './model-fit.js';
import { rerunWords, shellLines } from './rerun.js';
import { Text } from './text.js';
import { untested } from './untested.js';
import { firstSentence, knownCounts, testsOf, titleOf } from './words.js';

/** Most columns of a line of the body: four short of eighty, so that it can be quoted. */
const COLUMNS = 76;
const NAMES = 8;

/** The answer to a series as a mail in a file: headers, an empty line, plain text. */
export const mail: Format = {
  name: 'mail',
  summary: 'an answer to the series, plain text with headers',
  render: ({ run }, context) => `${headers(run)}\n${body(run, context)}`,
};

function headers(run: RunRecord): string {
  const { series, verdict } = run;
  const lines = [
    ...(series?.author === undefined ? [] : [mailHeader('To', mailbox(series.author))]),
    mailHeader(
      'Subject',
      series?.subject === undefined
        ? `zone-device-ci: ${verdict}: ${titleOf(run)}`
        : `Re: ${series.subject.replace(/^(?:re:\s*)+/i, '')}`,
    ),
    ...(series?.messageId === undefined
      ? []
      : ['In-Reply-To', 'References'].map((name) => mailHeader(name, angled(series.messageId ?? '')))),
    'MIME-Version: 1.0\n',
    'Content-Type: text/plain; charset=UTF-8\n',
    'Content-Transfer-Encoding: 8bit\n',
  ];
  return lines.join('');
}

function body(run: RunRecord, context: ReportContext): string {
  const out = new Text(COLUMNS, painter(false));
  tellStory(out, run);
  circumstances(out, run);
  out.section('To run it again:');
  // Lines of a shell are broken where a shell allows it, and not anywhere else.
  const command = shellLines(rerunWords(run, firstFailure(run)?.test), COLUMNS - 2);
  for (const line of command) out.line(line);
  out.section('Not tested:');
  for (const line of untested(run)) out.item(line);
  known(out, run, context);
  if (context.testedBy !== undefined) {
    out.blank();
    out.text(`Tested-by: ${context.testedBy}`, 0);
  }
  return out
    .toString()
    .trimStart()
    .replaceAll(/\n{3,}/g, '\n\n');
}

/** The failure that is run again: the first one of a suite. Booting is no test that could be chosen. */
function firstFailure({ summary, askedFor }: RunRecord): SummaryEntry | undefined {
  const suites = askedFor?.suites ?? [];
  return [...summary.introduced, ...summary.stillFailing].find(({ test }) =>
    suites.some((suite) => test.startsWith(`${suite}/`)),
  );
}

function circumstances(out: Text, run: RunRecord): void {
  const { base, askedFor, machine, accelerator, profiles, points } = run;
  const compiler = points.find(({ build }) => build.compiler !== undefined)?.build.compiler;
  out.section('Tested on:');
  out.pair(
    'base',
    NAMES,
    `${base.describe} (${base.commit.slice(0, 12)}), ${base.tree}, found by ${base.foundBy}`,
  );
  out.pair('config', NAMES, `allnoconfig plus profile ${profiles.join(', ')}`);
  for (const { profile, differs } of askedFor?.config ?? [])
    if (differs.length > 0) out.pair('', NAMES, `${profile} differs from default in ${differs.join(', ')}`);
  for (const { index, build } of points)
    if (build.configDiffers !== undefined)
      out.pair('', NAMES, `with ${patch(run, index)}: ${build.configDiffers.join(', ')}`);
  if (compiler !== undefined)
    out.pair('compiler', NAMES, [compiler, ...(askedFor?.makeOptions ?? [])].join(', '));
  out.pair('guest', NAMES, `${machine.name}, ${machine.qemuVersion}, ${accelerator.name}`);
  // A point with the kernel of an earlier one would only say the same again.
  for (const point of points.filter(({ inheritedFrom }) => inheritedFrom === undefined)) {
    const fit = fitInWords(testsOf(run, point));
    if (fit !== undefined)
      out.pair(point === points[0] ? 'model' : '', NAMES, `${patch(run, point.index)} ${fit}`);
  }
}

function known(out: Text, run: RunRecord, { knownIssues = [] }: ReportContext): void {
  const counts = knownCounts(run);
  if (counts.size === 0) return;
  out.section('Known deviations of this base, not counted as failures:');
  for (const [id, tests] of counts) {
    const reason = knownIssues.find((issue) => issue.id === id)?.reason;
    out.item(
      `${id}, in ${count(tests, 'test', 'tests')}${reason === undefined ? '' : `: ${firstSentence(reason)}`}`,
    );
  }
}
