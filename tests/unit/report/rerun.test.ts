import * as assert from 'uvu/assert';
import { rerunWords, shellLines } from '../../../orchestrator/report/rerun.js';
import type { RunRecord } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { recorded } from './recorded.js';

const test = suite('report/rerun');

const run = recorded('introduced').run;
const asked = run.askedFor as NonNullable<RunRecord['askedFor']>;
const series = run.series as NonNullable<RunRecord['series']>;
const line = (one: RunRecord, id?: string): string => rerunWords(one, id).join(' ');

test('a series that came as mail is fetched again by its id', () => {
  assert.is(
    line(run, 'mixed-order/S2'),
    './ci run 20261120101500.4711-0-dev@example.org --source 7.3 --suite mixed-order --test mixed-order/S2',
  );
});

test('a file is named without its folder, a range as it is', () => {
  const { messageId: _id, ...plain } = series;
  const from = (source: string): string =>
    line({ ...run, series: { ...plain, source } }).split(' --')[0] ?? '';
  assert.is(from('../a folder/x y.mbox'), "./ci run 'x y.mbox'");
  assert.is(from('v7.3..my/branch'), './ci run v7.3..my/branch');
});

test("a user's tree is named with the commit", () => {
  const { source: _source, ...own } = asked;
  assert.match(line({ ...run, askedFor: own }), ` --tree linux --base ${run.base.commit} `);
});

test('with several profiles a test runs again in its own, the whole run in all', () => {
  const two = { ...run, profiles: ['default', 'nodebug'] };
  assert.match(line(two, 'mixed-order/S2@nodebug'), / --test mixed-order\/S2 --profile nodebug$/);
  assert.match(line(two, 'mixed-order/S2@default'), / --test mixed-order\/S2$/);
  assert.match(line(two), / --profile default --profile nodebug$/);
});

test('booting and what no test owns come with any test: there is no suite of their name', () => {
  assert.is(line(run, 'boot'), line(run));
  assert.is(line(run, 'boot@nodebug'), line(run));
  assert.is(line(run, 'console/BUG: Bad page state'), line(run));
});

test('what changes the kernel is given too', () => {
  const more = { ...asked, fragments: ['mine.config'], makeOptions: ['LLVM=1'], repeat: 3 };
  assert.match(line({ ...run, askedFor: more }), / --config mine\.config --make-option LLVM=1 --repeat 3$/);
});

test('lines are broken as a shell wants it', () => {
  const lines = shellLines(['./ci run -', '--suite aaaaaaaa', '--test bbbbbbbb', '--x'], 30);
  assert.equal(lines, ['./ci run - --suite aaaaaaaa \\', '  --test bbbbbbbb --x']);
  assert.is(lines.join('\n').replaceAll(' \\\n ', ''), './ci run - --suite aaaaaaaa --test bbbbbbbb --x');
});

test.run();
