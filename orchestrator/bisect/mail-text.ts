import { painter } from '../report/colour.js';
import { angled, mailbox, mailHeader } from '../report/mail-header.js';
import { shellLines } from '../report/rerun.js';
import { splatExcerpt } from '../report/splat-text.js';
import { Text } from '../report/text.js';
import { failureInWords } from '../report/words.js';
import { rateInWords, verdictInWords } from './answer-words.js';
import { percent } from './percent.js';
import type { BisectPoint, BisectRecord } from './record.js';
import { pointTable } from './text.js';

/** Most columns of a line of the body: four short of eighty, so that it can be quoted. */
const COLUMNS = 76;
const SPLAT_LINES = 12;
const NAMES = 8;
/** Posterior from which on a finding may be sent to others. */
export const MAIL_CONFIDENCE = 0.99;

/**
 * What was found as a mail to who wrote the change: headers, an empty line, plain text. Empty where no commit is named, as between
 * configurations.
 * @param reproducer words of the command that shows the failure again
 */
export function bisectMail(record: BisectRecord, reproducer: readonly string[]): string {
  const named = record.culprits.flatMap((number) => record.points[number] ?? []);
  const [first] = named;
  if (first === undefined || record.kind === 'config') return '';
  return `${headers(record, first)}\n${body(record, named, reproducer)}`;
}

function headers({ change, target }: BisectRecord, { author, subject, messageId }: BisectPoint): string {
  const what = `[${change === 'introduced' ? 'bisected' : 'fixed'}] ${target?.test ?? 'a failure'}: ${subject}`;
  return [
    ...(author === undefined ? [] : [mailHeader('To', mailbox(author))]),
    mailHeader('Subject', messageId === undefined ? what : `Re: ${subject}`),
    ...(messageId === undefined
      ? []
      : ['In-Reply-To', 'References'].map((name) => mailHeader(name, angled(messageId)))),
    'MIME-Version: 1.0\n',
    'Content-Type: text/plain; charset=UTF-8\n',
    'Content-Transfer-Encoding: 8bit\n',
  ].join('');
}

function body(record: BisectRecord, named: readonly BisectPoint[], reproducer: readonly string[]): string {
  const out = new Text(COLUMNS, painter(false));
  const { change, failure, target, posterior } = record;
  const verb = change === 'introduced' ? 'makes' : 'ends the failure of';
  const tail = change === 'introduced' ? ' fail' : '';
  if (named.length === 1) out.text(`This change ${verb} ${target?.test ?? 'a test'}${tail}:`, 0);
  else
    out.text(
      `One of these changes ${verb} ${target?.test ?? 'a test'}${tail}; no test can tell them apart:`,
      0,
    );
  out.blank();
  for (const { commit, subject } of named) out.text(`${commit.slice(0, 12)} ("${subject}")`);
  if (posterior < MAIL_CONFIDENCE) {
    out.blank();
    out.text(`Not sure enough to be sent as it is: ${percent(posterior)}.`, 0);
  }
  out.blank();
  if (failure !== undefined) {
    for (const line of failureInWords(failure)) out.text(line);
    const [splat] = failure.splats;
    if (splat !== undefined) for (const line of splatExcerpt(splat.text, SPLAT_LINES)) out.cutLine(line, 4);
    out.blank();
  }
  out.text(`It ${rateInWords(record)}.`, 0);
  out.section('To see it:');
  for (const line of shellLines(reproducer, COLUMNS - 2)) out.line(line);
  out.section(`How this was found: ${verdictInWords(record)}, after ${record.cost.runs} runs`);
  checks(out, record);
  pointTable(out, record, COLUMNS);
  circumstances(out, record);
  out.section('Not tested:');
  for (const line of untestedInBisect(record)) out.item(line);
  out.section('git bisect log:');
  for (const line of record.gitBisectLog.trimEnd().split('\n')) out.line(line);
  return out.toString().trimStart();
}

function checks(out: Text, record: BisectRecord): void {
  for (const { name, result, at, why } of record.checks) {
    const said = result === 'could not' ? 'could not be done' : result;
    out.item(`${CHECKS[name]}: ${said}, ${why}${name === 'no-op' ? '' : ` (${at.join(' and ')})`}`);
  }
}

const CHECKS: Readonly<Record<BisectRecord['checks'][number]['name'], string>> = {
  culprit: 'the failure is there with the change',
  parent: 'it is as it should be just before it',
  cure: 'without the change the new end is as before',
  'no-op': 'the change makes another kernel',
};

function circumstances(out: Text, { machine, profile, title, kind }: BisectRecord): void {
  out.section('Tested on:');
  out.pair(kind === 'series' ? 'series' : 'range', NAMES, title);
  out.pair('config', NAMES, `allnoconfig plus profile ${profile}`);
  out.pair('guest', NAMES, `${machine.name}, ${machine.qemuVersion}, ${machine.accelerator}`);
}

/** What a reader might think was tested and was not. */
export function untestedInBisect(record: BisectRecord): string[] {
  const { points, target, profile, machine, checks: made } = record;
  const untestable = points.filter((point) => point.untestable !== undefined);
  const untried = points.filter(
    ({ match, pass, other, untestable: why }) => match + pass + other === 0 && why === undefined,
  );
  return [
    ...untestable.map(({ label, untestable: why }) => `${label}: ${why ?? ''}`),
    ...(untried.length === 0
      ? []
      : [`${untried.length} of ${points.length} commits: the search did not need them`]),
    ...made
      .filter(({ result }) => result === 'could not')
      .map(({ name, why }) => `${CHECKS[name]}: could not be done, ${why}`),
    `other tests than ${target?.test ?? 'the one looked for'}`,
    `other configurations than profile ${profile}; other machines than ${machine.name}`,
  ];
}
