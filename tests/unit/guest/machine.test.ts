import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  loadMachine,
  machinesDir,
  parseMachine,
  reservedParameters,
} from '../../../orchestrator/guest/machine.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { suite } from '../../harness/suite.js';

const test = suite('guest/machine');
const text = readFileSync(join(machinesDir(), 'x86_64.yaml'), 'utf8');

function errorOf(changed: string): CiError {
  assert.is.not(changed, text, 'the test must change something');
  try {
    parseMachine(changed, 'm.yaml');
  } catch (error) {
    if (error instanceof CiError) return error;
    throw error;
  }
  throw new Error('no error');
}

function lineOf(needle: string, inText = text): number {
  return inText.slice(0, inText.indexOf(needle)).split('\n').length;
}

test('the machine that comes with the program is valid', () => {
  const machine = loadMachine();
  assert.is(machine.machine.type, 'microvm');
  assert.is(machine.machine.options['rtc'], 'off');
  assert.ok(machine.cmdline.every(({ why }) => why.length > 10));
});

test('reserved memory lies inside the memory and does not overlap', () => {
  const { memory } = loadMachine();
  const sorted = memory.reserved.toSorted((a, b) => a.start - b.start);
  let end = 64 * 2 ** 20;
  for (const region of sorted) {
    assert.ok(region.start >= end);
    end = region.start + region.mib * 2 ** 20;
  }
  assert.ok(end <= memory.mib * 2 ** 20);
});

test('a module is told where its memory is', () => {
  const expected = ['spm_addr_dev0=0x40000000', 'spm_addr_dev1=0x50000000'];
  assert.equal(reservedParameters(loadMachine(), 'test_hmm'), expected);
  assert.equal(reservedParameters(loadMachine(), 'zdplace'), ['coherent=0x60000000']);
  assert.equal(reservedParameters(loadMachine(), 'other'), []);
});

test('a wrong value is named with file, line and column', () => {
  const error = errorOf(text.replace('count: 2', 'count: two'));
  assert.is(error.fault, 'usage');
  const line = lineOf('count: 2');
  assert.is(error.details.where, `m.yaml:${line}:10`);
  assert.match(error.message, `m.yaml:${line}:10: cpu.count: `);
});

test('an unknown key is an error', () => {
  assert.match(errorOf(text.replace('  count: 2', '  cuont: 2')).message, /^m\.yaml:\d+:\d+: cpu/);
});

test('an item of a list is found', () => {
  const error = errorOf(text.replace('start: 0x50000000', 'start: 0x50000001'));
  assert.match(error.message, `m.yaml:${lineOf('start: 0x50000000')}:`);
  assert.match(error.message, /128 MiB/);
});

test('broken YAML is named with its place', () => {
  const error = errorOf(`${text}\nname: [`);
  assert.match(error.message, /^m\.yaml:\d+:\d+: /);
});

test('a machine that does not exist', () => {
  assert.throws(
    () => loadMachine('riscv'),
    (error: CiError) => error.fault === 'usage' && /no machine "riscv"/.test(error.message),
  );
});

test.run();
