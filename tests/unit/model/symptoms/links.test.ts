import * as assert from 'uvu/assert';
import { LINKS } from '../../../../orchestrator/model/symptoms/links.js';
import { suite } from '../../../harness/suite.js';
import { linesOf } from './lines.js';

const test = suite('model/symptoms/links');

test('what ties pages to a folio: each row with its roles and the first line', () => {
  assert.equal(
    LINKS.map((row) => [row.fields.join(' '), row.roles?.join(' '), linesOf(row).split(/[,/] /)[0]]),
    [
      ['flags (zone, node)', undefined, 'DEBUG_VM: mm/memremap.c:515'],
      ['pgmap', 'order0', 'DEBUG_VM_PGFLAGS: include/linux/page-flags.h:345'],
      ['pgmap', 'head', 'DEBUG_VM_PGFLAGS: include/linux/page-flags.h:345'],
      ['compound_info', 'tail1 tail2 tail', 'include/linux/page-flags.h:_compound_head'],
      ['order _nr_pages', 'tail1', 'include/linux/mm.h:1760'],
      ['_deferred_list.next _deferred_list.prev', 'tail2', 'mm/internal.h:758'],
    ],
  );
});

test.run();
