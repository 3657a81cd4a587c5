import * as assert from 'uvu/assert';
import { bisectMail } from '../../../orchestrator/bisect/mail-text.js';
import { reproducer } from '../../../orchestrator/bisect/publish.js';
import { suite } from '../../harness/suite.js';
import { bisectOptions, bisectRecord, pointOf, withoutSeries } from './records.js';

const test = suite('bisect/mail-text');
const mail = bisectMail(bisectRecord, reproducer(bisectRecord, bisectOptions));
const blank = mail.indexOf('\n\n');
const [head, body] = [mail.slice(0, blank), mail.slice(blank + 2)];

test('an answer to the patch, to its author', () => {
  assert.match(head, /^To: A Developer <dev@example.org>$/m);
  assert.match(head, /^Subject: Re: mm: change 3$/m);
  assert.match(head, /^In-Reply-To: <20260112.3@example.org>$/m);
});

test('a commit of a tree has no mail to answer', () => {
  const points = bisectRecord.points.map(({ number }) => pointOf(number));
  assert.match(
    bisectMail({ ...bisectRecord, points }, []),
    /^Subject: \[bisected\] mixed-order\/S1: mm: change 3$/m,
  );
});

test('what, how sure, how to see it, and what was not tested', () => {
  assert.match(body, /^This change makes mixed-order\/S1 fail:\n\n {2}333333333333 \("mm: change 3"\)/);
  assert.match(body, /page 3 has other data/);
  assert.match(body, /\.\/ci run '<20260112.3@example.org>' --source 7\.3 --suite mixed-order/);
  assert.match(body, /--repeat \d+/);
  assert.match(body, /^ {2}- without the change the new end is as before: could not be done/m);
  assert.match(body, /Not tested:[^]*2\/4: does not compile[^]*other tests than mixed-order\/S1/);
  assert.match(body, /git bisect log:\n {2}git bisect start/);
  for (const line of body.split('\n')) assert.ok(line.length <= 76, line);
});

test('below 99 % it says that it is not to be sent', () => {
  assert.not.match(body, /Not sure enough/);
  assert.match(
    bisectMail({ ...bisectRecord, posterior: 0.96 }, []),
    /Not sure enough to be sent as it is: 96\.0 %/,
  );
});

test('a range names all of it; no commit, no mail', () => {
  assert.match(bisectMail({ ...bisectRecord, culprits: [2, 3] }, []), /One of these changes makes/);
  assert.is(bisectMail({ ...bisectRecord, culprits: [] }, []), '');
});

test('an option has no author to write to', () => {
  assert.is(bisectMail({ ...bisectRecord, kind: 'config' }, []), '');
});

test('the command for a commit of a tree', () => {
  const words = reproducer(
    { ...bisectRecord, points: bisectRecord.points.map((point) => pointOf(point.number)) },
    { ...withoutSeries, between: ['v7.2', 'v7.3'], tree: '/src/linux', profile: 'nodebug' },
  ).join(' ');
  assert.match(
    words,
    /^\.\/ci run 3{40}\^\.\.3{40} --tree linux --suite mixed-order --test mixed-order\/S1 --profile nodebug/,
  );
});

test.run();
