import * as assert from 'uvu/assert';
import { VARIANT_A, VARIANT_B } from '../../../orchestrator/model/index.js';
import type { Variant } from '../../../orchestrator/model/index.js';
import { renderPlayed } from '../../../orchestrator/report/played-case.js';
import { widthOf } from '../../../orchestrator/report/width.js';
import { caseNamed, loadScenario } from '../../../orchestrator/scenario/one-scenario.js';
import { playCase } from '../../../orchestrator/scenario/play.js';
import { projectRoot } from '../../../orchestrator/store/paths.js';
import { suite } from '../../harness/suite.js';

const test = suite('report/played-case');

async function text(scenario: string, variant: Variant, name?: string, columns = 120): Promise<string> {
  const cases = await loadScenario(projectRoot(), scenario);
  const chosen = name === undefined ? cases[0] : caseNamed(cases, name);
  if (!chosen) throw new Error('no case');
  const kernel = { variant, tails: 'mask', config: { DEBUG_VM_PGFLAGS: false } } as const;
  return renderPlayed(playCase(chosen, kernel), kernel, { columns, colour: false });
}

test('a step: its words, its pages as named fields, callbacks, references', async () => {
  const shown = await text('S1', VARIANT_B);
  assert.match(shown, /^S1: Order 0 on the head of a freed order-9 folio\nvariant b: /);
  assert.match(shown, /tails\s+by\s+mask;\s+DEBUG_VM_PGFLAGS=n/);
  assert.match(
    shown,
    /\nstep 1 init \{ pfn: 0, order: 9, unlock: page \}\n {2}page 0 head +\+PG_head, _refcount 1\n/,
  );
  assert.match(
    shown,
    /\n {2}pages 3–511 tail +compound_info 0xffffffffffff8001 \(was pgmap\), mapping TAIL_MAPPING\n/,
  );
  assert.match(shown, /\n {2}pgmap refs +\+512, 512 in all\n/);
  assert.match(shown, /\n {2}callback +folio_free\(page 0, order 9\)\n/);
  assert.match(shown, /\nends: every step comes back\n$/);
});

test('deviations, a hang with its line, and the note of the step', async () => {
  const shown = await text('S2b', VARIANT_A);
  assert.match(shown, /deviates +page 0 byte 0 = 0xc000000000002041: `PG_head` of the order-9 folio/);
  assert.match(shown, /\nends: hang in step 4: lock_page\(\) of page 1 .*\(mm\/memremap\.c:524\)\n$/);
  assert.match(shown, 'hangs in lock_page() where the page still is a tail');
});

test('a split of 512 pages is a screen, not a book', async () => {
  const shown = await text('D1', VARIANT_B, 'first');
  assert.match(shown, /folio_split\(pages 513–1023, order 0\), 511 calls/);
  assert.match(shown, /pages 515–1023 order0 .*index 0x7f0000003…0x7f00001ff/s);
  assert.ok(shown.split('\n').length < 120);
});

test('every line fits', async () => {
  for (const columns of [60, 100])
    for (const line of (await text('S2b', VARIANT_A, undefined, columns)).split('\n'))
      assert.ok(widthOf(line) <= columns, line);
});

test.run();
