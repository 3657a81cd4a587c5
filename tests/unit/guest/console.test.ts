import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { ConsoleWatch } from '../../../orchestrator/guest/console.js';
import { withDeadline } from '../../../orchestrator/process/deadline.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('guest/console');

const open: ConsoleWatch[] = [];

function watch(isFatal: (line: string) => boolean = () => false): {
  file: string;
  console: ConsoleWatch;
  lines: string[];
} {
  const file = join(scratchDir('console'), 'console.log');
  const lines: string[] = [];
  const console = new ConsoleWatch(file, { isFatal, onLine: (line) => lines.push(line) });
  open.push(console);
  return { file, console, lines };
}

test.after.each(() => {
  for (const one of open.splice(0)) one.close();
});

test('lines come when they are whole, text at once', () => {
  const { file, console, lines } = watch();
  assert.not.ok(console.printed);
  appendFileSync(file, 'one\r\ntw');
  assert.is(console.text(), 'one\ntw');
  assert.equal(lines, ['one']);
  appendFileSync(file, 'o\nthree\n');
  assert.is(console.text(), 'one\ntwo\nthree\n');
  assert.equal(lines, ['one', 'two', 'three']);
  assert.is(console.lastLine(), 'three');
  assert.is(console.tail(2), 'two\nthree');
});

test('a character may be cut in two', () => {
  const { file, console } = watch();
  const bytes = Buffer.from('é\n');
  appendFileSync(file, bytes.subarray(0, 1));
  console.read();
  appendFileSync(file, bytes.subarray(1));
  assert.is(console.text(), 'é\n');
});

test('a line is noticed without being asked for', async () => {
  const { file, console } = watch();
  const found = console.line(/ready/);
  appendFileSync(file, '[    1.0][    T1] ready\n');
  assert.match(await withDeadline(found, 2_000, 'the line'), /ready/);
});

test('a line that was there before is found', async () => {
  const { file, console } = watch();
  appendFileSync(file, 'early\nlate\n');
  assert.is(await withDeadline(console.line(/early/), 100, 'the line'), 'early');
});

test('the first fatal line counts, and is shown without its stamps', async () => {
  const { file, console } = watch((line) => /panic|Rebooting/.test(line));
  appendFileSync(
    file,
    '[    1.0][    T1] fine\n[    2.5][   T12] Kernel panic - not syncing: x\n[    2.6][   T12] Rebooting\n',
  );
  assert.match(await withDeadline(console.fatal, 2_000, 'the fatal line'), /Kernel panic/);
  assert.is(console.fatalLine, 'Kernel panic - not syncing: x');
  assert.ok(console.sawFatal);
});

test('a fatal line that is not whole yet is not fatal yet', () => {
  const { file, console } = watch((line) => /panic/.test(line));
  appendFileSync(file, 'Kernel panic');
  console.read();
  assert.not.ok(console.sawFatal);
  appendFileSync(file, '\n');
  console.read();
  assert.ok(console.sawFatal);
});

test('closing takes in the rest, and later reads are harmless', () => {
  const { file, console } = watch();
  appendFileSync(file, 'last\n');
  console.close();
  console.close();
  appendFileSync(file, 'after\n');
  assert.is(console.text(), 'last\n');
});

test.run();
