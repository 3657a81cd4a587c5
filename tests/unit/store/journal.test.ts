import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { CiError } from '../../../orchestrator/process/errors.js';
import { Journal, readJournal, readOwnJournal } from '../../../orchestrator/store/journal.js';
import type { Event } from '../../../orchestrator/store/records.js';
import { suite } from '../../harness/suite.js';
import { scratchDir } from '../../harness/temp.js';

const test = suite('store/journal');

const event = (name: string): Event => ({ t: 1, type: 'station', name, phase: 'start' });

function errorOf(fn: () => unknown): CiError {
  try {
    fn();
  } catch (error) {
    return error as CiError;
  }
  throw new Error('was to throw');
}

test('what was appended comes back, in order, over several openings', () => {
  const file = join(scratchDir(), 'run', 'events.jsonl');
  for (const name of ['source', 'bäu\nld']) {
    const journal = Journal.open(file);
    journal.append(event(name));
    journal.close();
  }
  assert.equal(readJournal(file), [event('source'), event('bäu\nld')]);
});

test('a torn last line is left out when read and cut off when written on', () => {
  const file = join(scratchDir(), 'events.jsonl');
  const journal = Journal.open(file);
  journal.append(event('a'));
  journal.close();
  appendFileSync(file, '{"t":2,"type":"sta');
  assert.equal(readJournal(file), [event('a')]);
  const again = Journal.open(file);
  again.append(event('b'));
  again.close();
  assert.equal(readJournal(file), [event('a'), event('b')]);
});

test('of its own journal a process reads what it wants, whole lines only', () => {
  const file = join(scratchDir(), 'events.jsonl');
  const journal = Journal.open(file);
  for (const name of ['a', 'bäu', 'c']) journal.append(event(name));
  journal.close();
  appendFileSync(file, '{"t":2,"type":"sta');
  const wanted = (line: Buffer): boolean => !line.includes('"a"');
  assert.equal(readOwnJournal(file, wanted), [event('bäu'), event('c')]);
});

test('a journal that is nothing but a torn line is empty', () => {
  const file = join(scratchDir(), 'events.jsonl');
  writeFileSync(file, '{"t":2');
  assert.equal(readJournal(file), []);
  Journal.open(file).close();
  assert.is(readFileSync(file, 'utf8'), '');
});

test('any other bad line is an infra error with its place', () => {
  const file = join(scratchDir(), 'events.jsonl');
  const good = JSON.stringify(event('a'));
  writeFileSync(file, `${good}\nnot json\n${good}\n`);
  const error = errorOf(() => readJournal(file));
  assert.is(error.fault, 'infra');
  assert.is(error.details.where, `${file}:2`);
  writeFileSync(file, `${good}\n{"t":1,"type":"unheard-of"}\n`);
  assert.is(errorOf(() => readJournal(file)).details.where, `${file}:2`);
  writeFileSync(file, `${good}\n\n`);
  assert.is(errorOf(() => readJournal(file)).details.where, `${file}:2`);
});

test('a full disk, a missing file and a closed journal', () => {
  const full = Journal.open('/dev/full');
  assert.match(errorOf(() => full.append(event('a'))).message, 'no space left');
  full.close();
  assert.match(errorOf(() => full.append(event('a'))).message, 'closed');
  assert.is(errorOf(() => readJournal('/no/such/file')).fault, 'infra');
});

test.run();
