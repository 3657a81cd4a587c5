import * as assert from 'uvu/assert';
import {
  chooseProgress,
  LiveProgress,
  PlainProgress,
  shortened,
  SilentProgress,
} from '../../../orchestrator/run/progress.js';
import { suite } from '../../harness/suite.js';

const test = suite('run/progress');

test('a plain line says a kind of work once, however often it ticks', async () => {
  const said: string[] = [];
  const progress = new PlainProgress((text) => said.push(text.replace(/^\[[^\]]*\] /, '').trimEnd()));
  const view = progress.lines(['base']);
  const [line] = view.lines;
  for (const detail of ['about 9 s', '2 s']) line?.update('building', detail);
  line?.update('booting');
  line?.done('good');
  await view.finish();
  assert.equal(said, ['base: building, about 9 s', 'base: booting', 'base: good']);
});

test('a station that fails passes its error on', async () => {
  for (const progress of [new PlainProgress(() => undefined), new SilentProgress()]) {
    const failing = progress.stage('x', () => Promise.reject(new Error('broken')));
    assert.is(String(await failing.catch((error: unknown) => error)), 'Error: broken');
  }
});

test('a title leaves room for what becomes of it', () => {
  assert.is(shortened('base', 80), 'base');
  const long = '2/3 mm/memremap: do not write every struct page of a folio twice';
  assert.is(shortened(long, 100), '2/3 mm/memremap: do not write every…');
  assert.is(shortened(long, 40).length, 20);
  assert.is(shortened(long, 200), long);
});

test('live only on a terminal that can show it', () => {
  const tty = { isTTY: true } as NodeJS.WriteStream;
  const loud = { quiet: false, verbose: false };
  assert.instance(chooseProgress(loud, tty, { TERM: 'xterm' }), LiveProgress);
  assert.instance(
    chooseProgress(loud, { isTTY: false } as unknown as NodeJS.WriteStream, { TERM: 'xterm' }),
    PlainProgress,
  );
  for (const env of [{ TERM: 'dumb' }, { CI: 'true' }, { NO_COLOR: '1' }])
    assert.instance(chooseProgress(loud, tty, env), PlainProgress);
  assert.instance(chooseProgress({ quiet: true, verbose: false }, tty, {}), SilentProgress);
});

test('a station that only counts says so once in a while', async () => {
  const said: string[] = [];
  const progress = new PlainProgress((text) => said.push(text.replace(/^\[[^\]]*\] /, '').trimEnd()));
  await progress.stage('Source', (say) => {
    for (const text of ['package lists', 'download 1 %', 'download 2 %', 'import 5 %']) say(text);
    return Promise.resolve();
  });
  assert.equal(said.slice(0, -1), [
    'Source',
    'Source: package lists',
    'Source: download 1 %',
    'Source: import 5 %',
  ]);
});

test.run();
