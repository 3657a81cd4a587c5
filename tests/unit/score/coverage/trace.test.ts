import * as assert from 'uvu/assert';
import { changesInTrace } from '../../../../orchestrator/score/coverage/trace.js';
import { lostEvents } from '../../../../orchestrator/score/coverage/trace-guest.js';
import { suite } from '../../../harness/suite.js';

const test = suite('score/coverage/trace');

/** Page number of the struct page at 0xffffea0004000000. */
const BASE = 0xea0004000000 / 64;

test('inits, frees and splits in the order of the trace, pages by the address of their struct page', () => {
  const lines = [
    '# tracer: nop',
    '#',
    'init: (zone_device_page_init+0x0/0x1b0) page=0xffffea0004008000 order=9',
    'split: (dmirror_devmem_folio_split+0x4/0xa0 [test_hmm]) head=0xffffea0004008000 tail=0xffffea0004008040',
    'split: (dmirror_devmem_folio_split+0x4/0xa0 [test_hmm]) head=0xffffea0004008000 tail=0x0',
    ' free: (free_zone_device_folio+0x0/0x160) folio=0xffffea0004008040',
    '',
  ];
  assert.equal(
    [...changesInTrace(lines)],
    [
      { kind: 'born', pfn: BASE + 512, order: 9 },
      { kind: 'split', pfn: BASE + 513 },
      { kind: 'split', pfn: BASE + 512 },
      { kind: 'died', pfn: BASE + 513 },
    ],
  );
});

test('order-9 folios begin at multiples of 512, whatever the address of the memory map is', () => {
  for (const address of ['ffffea0000000000', 'fffff9b100008000', 'ffffffffc0010000']) {
    const [one] = changesInTrace([`init: (zone_device_page_init+0x0/0x1b0) page=0x${address} order=9`]);
    assert.is((one?.pfn ?? 1) % 512, 0, address);
  }
});

test('arguments of another function are an error, not a transition', () => {
  const read = (line: string): unknown => [...changesInTrace([line])];
  // zone_device_page_init(page, order) of 6.19-rc has what is left in a register as its third argument.
  assert.throws(
    () => read('init: (zone_device_page_init+0x0/0x90) page=0xffffea0004008000 order=67108864'),
    /does not fit the probes/,
  );
  assert.throws(() => read('init: (zone_device_page_init+0x0/0x90) page=(fault) order=0'), /does not fit/);
  assert.throws(() => read('free: (free_zone_device_folio+0x0/0x160)'), /does not fit|folio/);
});

test('what the buffers lost is counted over all processors, and over all ways to lose it', () => {
  const stats = (overrun: number, commit: number, dropped: number): string =>
    `entries: 12\noverrun: ${overrun}\ncommit overrun: ${commit}\nbytes: 480\ndropped events: ${dropped}\nread events: 0\n`;
  assert.is(lostEvents(stats(0, 0, 0) + stats(0, 0, 0)), 0);
  assert.is(lostEvents(stats(1, 20, 300) + stats(4000, 0, 0)), 4321);
});

test.run();
