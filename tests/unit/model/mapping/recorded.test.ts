import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { Machine, VARIANT_B, parseLayout } from '../../../../orchestrator/model/index.js';
import type { UserEffects } from '../../../../orchestrator/model/index.js';
import { WARNINGS } from '../../../../orchestrator/model/traps.js';
import { projectRoot } from '../../../../orchestrator/store/paths.js';
import { suite } from '../../../harness/suite.js';
import { PageReader } from '../../../harness/user-pages.js';
import { callbackTexts, numbersText, opOf, placeText } from '../../../harness/user-recording.js';
import type { RecordedSequence, RecordedStep } from '../../../harness/user-recording.js';
import { MEMMAP, PGMAP, place } from '../support.js';
import { checkUser } from './invariants.js';
import { word } from './user.js';

/**
 * Sequences that a real 7.3 went through (`npm run record:user`): every word of every struct page, callbacks in order,
 * answers, page tables of all processes and counters after each step. That a control group has no list of folios to split is
 * left out: the guest's may have one from before the sequence.
 */
const test = suite('model/mapping/recorded');
const FOLDER = path.join(projectRoot(), 'tests/fixtures/model/user');
const PAGES = 1024;

const layout = parseLayout(JSON.parse(readFileSync(path.join(FOLDER, 'layout.json'), 'utf8')));

function recorded(name: string): RecordedSequence[] {
  const text = readFileSync(path.join(FOLDER, `${name}.jsonl`), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedSequence);
}

function replay({ steps }: RecordedSequence): void {
  const machine = new Machine(VARIANT_B, place(PAGES, layout), { provenance: true });
  const reader = new PageReader({ memmap: MEMMAP, pgmap: PGMAP }, machine.bytes);
  // A poke of a reference count stands for somebody who holds the folio.
  const pinned = steps.some(({ op }) => op['op'] === 'poke' && op['byte'] === layout.at.refcount);
  let maps: Readonly<Record<string, string>> = {};
  for (const [i, want] of steps.entries()) {
    const op = opOf(want.op);
    const where = `step ${i + 1}: ${JSON.stringify(want.op)}`;
    const effects = machine.apply(op);
    if (want.end !== undefined) {
      assert.is(effects.hang ? 'hang' : effects.crash?.line, want.end, where);
      return;
    }
    assert.is((effects.crash ?? effects.hang)?.why, undefined, where);
    const warned = effects.warnings.filter((one) => one !== WARNINGS.noSplitList);
    assert.equal(warned, [], where);
    const words = reader.changes(machine.bytes);
    assert.equal(words, want.words ?? {}, where);
    maps = want.maps ?? maps;
    assert.equal(stateOf(machine, effects), answersOf(want, maps), where);
    checkUser(machine, Object.keys(words), pinned);
  }
}

/** What a guest can be asked after a step, of the model. */
function stateOf(machine: Machine, { refs, callbacks, migrate, scan, signal }: UserEffects): unknown {
  const { user } = machine;
  const maps = user.processes.flatMap((process) =>
    user.mappings(process).map((name) => [`${process} ${name}`, mapText(machine, user.pages(name, process))]),
  );
  return {
    refs,
    callbacks: callbackTexts(callbacks),
    migrate: migrate && [migrate.cpages, migrate.migrated, numbersText(migrate.src)],
    scan: scan?.map(
      ({ index, pfn, collected, compound }) =>
        `${index}${pfn === undefined ? '' : ` page ${pfn}`}${collected ? ' collected' : ''}${compound ? ' compound' : ''}`,
    ),
    signal: signal && `${signal.name} ${signal.page}`,
    maps: Object.fromEntries(maps),
    nrAnon: user.nrAnon(9),
  };
}

function answersOf(want: RecordedStep, maps: Readonly<Record<string, string>>): unknown {
  return {
    refs: want.refs,
    callbacks: want.callbacks ?? [],
    migrate: want.cpages === undefined ? undefined : [want.cpages, want.migrated, want.src],
    scan: want.scan,
    signal: want.signal,
    maps,
    nrAnon: want.nrAnon,
  };
}

/** The zero page is RAM to pagemap, and none of the process's own memory to smaps; nor is what has no anon_vma. */
function mapText(machine: Machine, pages: ReturnType<Machine['user']['pages']>): string {
  const anon = (pfn: number): boolean => (word(machine, machine.roles.folio(pfn).pfn, 3) & 1n) === 1n;
  const own = pages.filter(({ kind, pfn }) => kind === 'ram' || (pfn !== undefined && anon(pfn)));
  const kinds = { zero: 'ram', unmapped: 'none' } as const;
  const seen = pages.map((page) => ({
    ...page,
    kind: page.kind === 'zero' || page.kind === 'unmapped' ? kinds[page.kind] : page.kind,
  }));
  return `${placeText(seen)}; ${own.length} anonymous, ${own.filter(({ level }) => level === 'pmd').length / 512} huge`;
}

for (const one of [...recorded('chosen'), ...recorded('generated')]) test(one.sequence, () => replay(one));

test.run();
