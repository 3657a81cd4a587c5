import * as assert from 'uvu/assert';
import { SYMPTOMS, firings, symptomOf } from '../../../../orchestrator/model/index.js';
import type { Role } from '../../../../orchestrator/model/index.js';
import { suite } from '../../../harness/suite.js';
import { linesOf } from './lines.js';

const test = suite('model/symptoms/words');

const [PGMAP, DEVICE, SPLIT] = ['mm/memremap.c', 'mm/migrate_device.c', 'mm/huge_memory.c'];

test('mapping of a head by what the bytes were written as', () => {
  const at = (role: Role, writtenAs: string): string => linesOf(symptomOf('mapping', role, writtenAs, 1n));
  for (const role of ['order0', 'head'] as const) {
    for (const count of ['_entire_mapcount', '_pincount']) assert.is(at(role, count), `${PGMAP}:426`);
    for (const list of ['_deferred_list', '_deferred_list.next', '_deferred_list.prev'])
      assert.is(at(role, list), `${DEVICE}:381`);
    assert.is(at(role, 'mapping'), `${DEVICE}:381`);
  }
  const effect = (writtenAs: string): string =>
    symptomOf('mapping', 'head', writtenAs)?.otherwise?.effect ?? '';
  assert.match(effect('_entire_mapcount'), /anonymous and KSM.*0xfffffffc/);
  assert.match(effect('_pincount'), /anonymous and KSM/);
  assert.match(effect('_deferred_list.next'), /address_space/);
  assert.match(effect('mapping'), /TAIL_MAPPING/);
  assert.is(at('tail', '_deferred_list'), `${SPLIT}:3752`, 'a split overwrites it');
});

test('only a charge that is followed has an address', () => {
  for (const symptom of SYMPTOMS)
    for (const firing of firings(symptom, 512n)) {
      const follows = symptom.fields.includes('memcg_data') && symptom.roles?.includes('head') === true;
      assert.is(/ at address 0x/.test(firing.effect), follows, firing.effect);
    }
});

test.run();
