import * as assert from 'uvu/assert';
import { WARNINGS } from '../../../../orchestrator/model/traps.js';
import type { Sent } from '../../../../orchestrator/scenario/session.js';
import { seenEnd } from '../../../proof/model/ends.js';
import { seenWarnings, WarnOnce } from '../../../proof/model/warn-once.js';
import type { SeenWarning } from '../../../proof/model/warn-once.js';
import { suite } from '../../../harness/suite.js';

const test = suite('proof/model/warn-once');
const same = (line: string): string => line;
const { setOrder, live, tailPrivate } = WARNINGS;
const at = ({ line }: { readonly line: string }, site: string): SeenWarning => ({ line, site });

function warned(text: string): Sent {
  const fields = { class: 'warning', file: 'mm/internal.h', line: '737' };
  const splat = { title: 't', altTitles: [], frames: ['f'], corrupted: false, text, fields };
  return { kind: 'reply', reply: { ok: true }, splats: [splat] };
}

test('a warning is no end; it says its line and the instruction', () => {
  const sent = warned(
    '------------[ cut here ]------------\nWARNING: mm/internal.h:737 at zone_device_page_init+0x5d/0x1d0, CPU#0: agent/70',
  );
  assert.is(seenEnd(sent, same), undefined);
  assert.equal(seenWarnings(sent, same), [{ line: 'mm/internal.h:737', site: 'zone_device_page_init+0x5d' }]);
  const older = warned('WARNING: CPU: 0 PID: 70 at mm/internal.h:737 zone_device_page_init+0x5d/0x1d0');
  assert.is(seenWarnings(older, same)[0]?.site, 'zone_device_page_init+0x5d');
});

test('a _ONCE warning comes once, the others each time', () => {
  const once = new WarnOnce();
  const both = [tailPrivate, live];
  assert.is(once.check(both, [at(tailPrivate, 'f+0x1'), at(live, 'f+0x2')]), undefined);
  assert.is(once.check(both, [at(live, 'f+0x2')]), undefined);
  assert.match(once.check(both, []) ?? '', /not seen: mm\/memremap.c:514; seen and not foretold: none/);
});

test('a warning that is foretold and does not come, or comes and is not foretold, is wrong', () => {
  assert.match(new WarnOnce().check([setOrder], []) ?? '', /not seen: mm\/internal.h:737;/);
  assert.match(new WarnOnce().check([], [at(setOrder, 'f+0x1')]) ?? '', /not foretold: mm\/internal.h:737$/);
});

test('a _ONCE warning comes again only where it is foretold, from a copy that has not spoken', () => {
  const once = new WarnOnce();
  const from = (site: string): string | undefined => once.check([setOrder], [at(setOrder, site)]);
  assert.is(from('f+0x5d'), undefined);
  assert.match(from('f+0x5d') ?? '', /mm\/internal.h:737 again from f\+0x5d$/);
  assert.is(from('f+0x175'), undefined);
  assert.match(from('f+0x175') ?? '', /again/);
  assert.match(once.check([], [at(setOrder, 'f+0x300')]) ?? '', /not foretold: mm\/internal.h:737$/);
});

test('a second warning of which nobody knows the place is wrong', () => {
  const once = new WarnOnce();
  assert.is(once.check([setOrder], [at(setOrder, 'f+0x1')]), undefined);
  assert.ok(once.check([setOrder], [at(setOrder, '')]) !== undefined);
});

test.run();
