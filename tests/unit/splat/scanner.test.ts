import * as assert from 'uvu/assert';
import { suite } from '../../harness/suite.js';
import { isFatalLine } from '../../../orchestrator/splat/fatal.js';
import { frameKey, isSameBug } from '../../../orchestrator/splat/same.js';
import { scanConsole, SplatScanner } from '../../../orchestrator/splat/scanner.js';
import { normalise } from '../../../orchestrator/splat/title.js';
import { Splat } from '../../../orchestrator/store/records.js';

const test = suite('splat/scanner');

const WARNING = [
  '[   T70] WARNING: mm/memremap.c:514 at zone_device_page_init+0x1c4/0x2f0, CPU#0: zdagent/70',
  '[   T70] RIP: 0010:zone_device_page_init+0x1c4/0x2f0',
  '[   T70] Call Trace:',
  '[   T70]  <TASK>',
  '[   T70]  zdplace_ioctl+0x2b0/0x7b0 [zdplace]',
  '[   T70]  </TASK>',
];

test('a splat is given as soon as its last line is complete', () => {
  const scanner = new SplatScanner();
  assert.equal(scanner.push(`${WARNING.join('\n')}\n[   T70] ---[ end tr`), []);
  assert.is(scanner.alarmed, true);
  assert.is(scanner.push('ace 0000000000000000 ]---\n').length, 1);
  assert.equal(scanner.end(), []);
});

test('a guest that dies in the middle of a report still has one', () => {
  const scanner = new SplatScanner();
  assert.equal(scanner.push(WARNING.slice(0, 2).join('\n')), []);
  const [splat] = scanner.end();
  assert.is(splat?.title, 'WARNING in zone_device_page_init');
});

test('mm/ frames and the first frame are kept, guesses are not', () => {
  const [splat] = scanConsole(
    [...WARNING.slice(0, 4), '[   T70]  ? __warn+0x1/0x2', ...WARNING.slice(4)].join('\n'),
  );
  assert.equal(splat?.frames, ['zone_device_page_init', 'zdplace_ioctl']);
});

test('what another task prints in between does not get in', () => {
  const mixed = WARNING.flatMap((line) => [line, '[   T71]  other_function+0x1/0x2']);
  assert.equal(scanConsole(mixed.join('\n'))[0]?.frames, ['zone_device_page_init', 'zdplace_ioctl']);
});

test('a page-table or swap entry that nobody knows is a complaint too, without BUG: in front', () => {
  const lines = [
    '[    3.1][   T70] mm/pgtable-generic.c:54: bad pmd ffff888001a2b3c8(70000000040fe83a)',
    '[    3.2][   T70] free_swap_and_cache_nr: Bad swap file entry 7c000000000fe83a',
    '[    3.3][   T70] Bad swap offset entry 1c000000000fe83a',
    '[    3.4][   T70] a bad pmd ffff888001a2b3c8 in the middle of a line is none',
  ];
  const splats = scanConsole(lines.join('\n'));
  assert.equal(
    splats.map(({ title, corrupted }) => [title, corrupted]),
    [
      ['bad pmd', false],
      ['Bad swap file entry in free_swap_and_cache_nr', false],
      ['Bad swap offset entry', false],
    ],
  );
});

test('a record of the store', () => {
  for (const splat of scanConsole(WARNING.join('\n'))) assert.ok(Splat.safeParse(splat).success);
});

test('an endless report is cut', () => {
  const lines = [
    ...WARNING.slice(0, 4),
    ...Array.from({ length: 1000 }, () => '[   T70]  recursive+0x1/0x2'),
  ];
  const splats = scanConsole(lines.join('\n'));
  assert.is(splats.length, 1);
  assert.is(splats[0]?.text.split('\n').length, 200);
});

test('a panic without a report before it is one', () => {
  const [splat] = scanConsole('[    T1] Kernel panic - not syncing: Fatal exception\n');
  assert.is(splat?.title, 'kernel panic: Fatal exception');
  assert.is(splat?.corrupted, true);
});

const fatal: readonly (readonly [string, boolean])[] = [
  ['[    2.100000][   T70] Kernel panic - not syncing: Fatal exception', true],
  ['[   T70] ---[ end Kernel panic - not syncing: Fatal exception ]---', true],
  ['<0>[    2.1] Oops: invalid opcode: 0000 [#1]', true],
  ['[    T1] reboot: Restarting system', true],
  ['[    T1] reboot: Power down', true],
  ['traps: PANIC: double fault, error_code: 0x0', true],
  ['[   T70] WARNING: mm/memremap.c:514 at f+0x1/0x2, CPU#0: a/1', false],
  ['[    T1] Kernel command line: panic=-1 oops=panic', false],
  ['', false],
];
for (const [line, expected] of fatal) {
  test(`fatal or not: ${line}`, () => assert.is(isFatalLine(line), expected));
}

const titles: readonly (readonly [string, string])[] = [
  ['state mm:ffff888003b1a000 val:511', 'state mm:ADDR val:NUM'],
  ['at 0x230, then 0xdead000000000400', 'at ADDR, then ADDR'],
  ['order-9 folio  at __x64_sys_ioctl', 'order-NUM folio at __x64_sys_ioctl'],
];
for (const [text, expected] of titles) test(`normalise: ${text}`, () => assert.is(normalise(text), expected));

function splat(title: string, frames: string[], more: Partial<Splat> = {}): Splat {
  return { title, altTitles: [], frames, corrupted: false, text: '', fields: {}, ...more };
}

test('the same bug by title, by further title, by five frames', () => {
  const five = ['a', 'b', 'c', 'd', 'e'];
  assert.ok(isSameBug(splat('x', ['a']), splat('x', ['b'])));
  assert.ok(isSameBug(splat('x', [], { altTitles: ['z'] }), splat('y', [], { altTitles: ['z'] })));
  assert.ok(isSameBug(splat('x', [...five, 'f']), splat('y', [...five, 'g'])));
  assert.not.ok(isSameBug(splat('x', ['a']), splat('y', ['a'])));
  assert.not.ok(isSameBug(splat('x', five, { corrupted: true }), splat('y', five)));
  assert.is(frameKey(splat('x', [...five, 'f'])), 'a < b < c < d < e');
});

test.run();
