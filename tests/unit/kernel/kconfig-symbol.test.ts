import * as assert from 'uvu/assert';
import {
  explainMissing,
  findDefinitions,
  unmetSymbols,
} from '../../../orchestrator/kernel/kconfig-symbol.js';
import { suite } from '../../harness/suite.js';

const test = suite('kernel/kconfig-symbol');

const KCONFIG = `
menu "Memory"
if MMU
config DEVICE_PRIVATE
	bool "Unaddressable device memory"
	depends on ZONE_DEVICE && \\
		!BROKEN
	select DEV_PAGEMAP_OPS
	help
	  depends on your needs
	  config is not this

config OTHER
	depends on NEVER
endif
endmenu
config DEVICE_PRIVATE
	default y if FOO
`;

test('collects conditions of the entry and of enclosing ifs, not of help texts', () => {
  const [first, second, ...rest] = findDefinitions(KCONFIG, 'mm/Kconfig', 'DEVICE_PRIVATE');
  assert.equal(first?.conditions[0], 'MMU');
  assert.match(first?.conditions[1] ?? '', /^ZONE_DEVICE &&\s+!BROKEN$/);
  assert.is(first?.conditions.length, 2);
  assert.equal(second?.conditions, []);
  assert.is(rest.length, 0);
});

test('names the symbols that are off, not those that must be', () => {
  const config = new Map([['CONFIG_MMU', 'y']]);
  assert.equal(unmetSymbols('MMU && (ZONE_DEVICE || X2) && !BROKEN && CC = "GCC"', config), [
    'ZONE_DEVICE',
    'X2',
    'CC',
  ]);
});

test('says where and what is not set', () => {
  const definitions = findDefinitions(KCONFIG, 'mm/Kconfig', 'DEVICE_PRIVATE');
  const text = explainMissing('CONFIG_DEVICE_PRIVATE', definitions, new Map([['CONFIG_MMU', 'y']]));
  assert.match(text, /^mm\/Kconfig:\d+ depends on ZONE_DEVICE .*\(not set: ZONE_DEVICE\)$/);
  assert.is(explainMissing('CONFIG_NOPE', [], new Map()), 'this tree has no option NOPE');
});

test.run();
