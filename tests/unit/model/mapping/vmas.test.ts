import * as assert from 'uvu/assert';
import type { Core } from '../../../../orchestrator/model/mapping/core.js';
import { isolate, mergeVmas, prepareAnonVma, windows } from '../../../../orchestrator/model/mapping/vmas.js';
import type { Mapping, Process, Vma } from '../../../../orchestrator/model/mapping/tables.js';
import { suite } from '../../../harness/suite.js';

const test = suite('model/mapping/vmas');

function world(): { core: Core; mapping: Mapping } {
  let [seq, made] = [0, 0];
  const core = { nextSeq: () => ++seq, tokens: { make: () => ({ id: ++made }) } } as unknown as Core;
  const all: Vma = { start: 0, end: 8, access: 'write', accounted: true, anonVma: undefined, seq: 0 };
  return { core, mapping: { name: 'm', base: 0n, pages: 8, thp: false, vmas: [all], tables: new Map() } };
}

const ends = ({ vmas }: Mapping): number[][] => vmas.map(({ start, end }) => [start, end]);
const NOBODY = undefined as unknown as Process;

test('what is isolated is cut out at both ends, and joins again where nothing differs', () => {
  const { core, mapping } = world();
  const inside = isolate(core, NOBODY, mapping, 2, 5);
  assert.equal(
    inside.map(({ start, end }) => [start, end]),
    [[2, 5]],
  );
  assert.equal(ends(mapping), [
    [0, 2],
    [2, 5],
    [5, 8],
  ]);
  assert.equal(isolate(core, NOBODY, mapping, 2, 5), inside, 'a cut at an end is none');
  mergeVmas(core, mapping);
  assert.equal(ends(mapping), [[0, 8]]);
});

test('another access, another account or another anon_vma keeps neighbours apart', () => {
  const changes: ((vma: Vma, core: Core) => void)[] = [
    (vma) => (vma.access = 'read'),
    (vma) => (vma.accounted = false),
  ];
  for (const change of changes) {
    const { core, mapping } = world();
    const [vma] = isolate(core, NOBODY, mapping, 2, 8) as [Vma];
    change(vma, core);
    mergeVmas(core, mapping);
    assert.equal(ends(mapping).length, 2);
  }
  const { core, mapping } = world();
  const [vma] = isolate(core, NOBODY, mapping, 2, 8) as [Vma];
  vma.anonVma = core.tokens.make('anon_vma');
  (mapping.vmas[0] as Vma).anonVma = core.tokens.make('anon_vma');
  mergeVmas(core, mapping);
  assert.equal(ends(mapping).length, 2);
});

test('an anon_vma is taken from a neighbour that is accounted alike, else made; once', () => {
  const { core, mapping } = world();
  isolate(core, NOBODY, mapping, 2, 5);
  const [first, second, third] = mapping.vmas as [Vma, Vma, Vma];
  prepareAnonVma(core, mapping, first);
  prepareAnonVma(core, mapping, second);
  assert.is(second.anonVma, first.anonVma);
  third.accounted = false;
  prepareAnonVma(core, mapping, third);
  assert.not(third.anonVma === second.anonVma);
  const own = third.anonVma;
  prepareAnonVma(core, mapping, third);
  assert.is(third.anonVma, own);
});

test('windows end where a PMD does', () => {
  assert.equal(windows(500, 1030), [
    [500, 512],
    [512, 1024],
    [1024, 1030],
  ]);
  assert.equal(windows(3, 3), []);
});

test.run();
