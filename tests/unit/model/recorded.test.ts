import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { Machine, VARIANTS, layout73Json, parseLayout } from '../../../orchestrator/model/index.js';
import type { Effects, Operation, Place } from '../../../orchestrator/model/index.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { changedWords } from '../../proof/model/record/page-words.js';
import { callbackText, opOf } from '../../proof/model/record/recording.js';
import type { RecordedSequence, RecordedStep } from '../../proof/model/record/recording.js';
import { suite } from '../../harness/suite.js';
import { MEMMAP, PGMAP } from './support.js';

/** The model against what real kernels of every variant did: words of every page, references, callbacks, warnings, ends. */
const test = suite('model/recorded');

const FOLDER = path.join(projectRoot(), 'tests', 'fixtures', 'model', 'guest');
const read = (name: string): string => readFileSync(path.join(FOLDER, name), 'utf8');
const layoutJson = (profile: string): ReturnType<typeof layout73Json> =>
  JSON.parse(read(`layout-${profile}.json`)) as ReturnType<typeof layout73Json>;

const places = new Map<string, Place>();
function placeOf(profile: string): Place {
  const known = places.get(profile);
  if (known) return known;
  const made = { layout: parseLayout(layoutJson(profile)), pages: 1024, memmap: MEMMAP, pgmap: PGMAP };
  places.set(profile, made);
  return made;
}

/** A warning of one step: all of them, but those that speak once and have spoken. */
function checkWarnings({ warnings }: Effects, seen: RecordedStep, spoken: Set<string>, where: string): void {
  const told = seen.warnings ?? [];
  const lines = warnings.map(({ line }) => line);
  for (const line of told) assert.ok(lines.includes(line), `${where}: warns at ${line}`);
  for (const { line, why } of warnings)
    assert.ok(
      told.includes(line) || (why.includes('_ONCE') && spoken.has(line)),
      `${where}: silent at ${line}`,
    );
  for (const line of told) spoken.add(line);
}

const WAITS = ['folio_wait_bit_common', '__folio_lock'];

function checkEnd({ crash, hang }: Effects, end: NonNullable<RecordedStep['end']>, where: string): void {
  if (end.kind === 'hang') {
    assert.is(hang?.line, 'mm/memremap.c:524', where);
    assert.ok(
      end.frames.some((frame) => WAITS.includes(frame)),
      where,
    );
    return;
  }
  assert.ok(crash, `${where}: ${end.line ?? end.frames.join(' ')}`);
  if (end.line !== undefined) assert.is(crash.line, end.line, where);
  else {
    assert.is(/address (0x[0-9a-f]+)/.exec(crash.why)?.[1], end.address, where);
    const inner = crash.line.split(':')[1] ?? '';
    if (!/^\d+$/.test(inner))
      assert.ok(
        end.frames.some((frame) => frame.startsWith(inner)),
        `${where}: ${inner}`,
      );
  }
}

function replay(variant: string, { profile, sequence, steps }: RecordedSequence): void {
  const found = VARIANTS[variant];
  assert.ok(found, variant);
  const machine = new Machine(found, placeOf(profile));
  const spoken = new Set<string>();
  for (const [i, step] of steps.entries()) {
    const where = `${sequence} ${profile} step ${i + 1} (${step.op})`;
    const before = machine.bytes.slice();
    const effects = machine.apply(opOf(step.op) as Operation);
    // What the page allocator makes of such a page is another matter.
    if (effects.foreign) return;
    checkWarnings(effects, step, spoken, where);
    if (step.end) checkEnd(effects, step.end, where);
    else assert.is((effects.crash ?? effects.hang)?.why, undefined, where);
    if (step.words)
      assert.equal(changedWords(before, machine.bytes, { memmap: MEMMAP, pgmap: PGMAP }), step.words, where);
    if (step.end) return;
    assert.is(effects.refs, step.refs, where);
    assert.equal(effects.callbacks.map(callbackText), step.callbacks ?? [], where);
  }
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'));

for (const name of files) {
  const variant = path.basename(name, '.jsonl');
  const recorded = read(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RecordedSequence);
  for (const sequence of new Set(recorded.map((one) => one.sequence)))
    test(`variant ${variant} does what its kernels did in ${sequence}`, () => {
      const here = recorded.filter((one) => one.sequence === sequence);
      for (const one of here) replay(variant, one);
      const [only, other] = here;
      // A sequence that went in both profiles alike was kept once.
      if (only?.profile === 'default' && !other) replay(variant, { ...only, profile: 'nodebug' });
    });
}

test('there is a recording of every variant', () => {
  assert.equal(files.map((name) => path.basename(name, '.jsonl')).sort(), Object.keys(VARIANTS).sort());
});

test('the layout of 7.3.4 for tests is what the kernel says of itself', () => {
  const told = layoutJson('default');
  for (const [part, entries] of Object.entries(layout73Json()))
    for (const [name, value] of Object.entries(entries)) {
      const seen = told[part]?.[name];
      assert.equal(part === 'config' ? Number(seen) : seen, value, `${part}.${name}`);
    }
});

test.run();
