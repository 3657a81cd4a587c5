import * as assert from 'uvu/assert';
import { compareWithPahole, parsePahole, sizeOf } from '../../../proof/model/pahole.js';
import { suite } from '../../../harness/suite.js';

const test = suite('proof/model/pahole');

const PAGE = `struct page {
	memdesc_flags_t            flags;                /*     0     8 */
	union {
		struct {
			struct list_head lru;            /*     8    16 */
			struct address_space * mapping;  /*    24     8 */
			union {
				long unsigned int __folio_index; /*    32     8 */
				long unsigned int share; /*    32     8 */
			};                               /*    32     8 */
		};                                       /*     8    40 */
		struct {
			void *     zone_device_data;     /*    16     8 */
		};                                       /*     8    16 */
	};                                               /*     8    40 */
	atomic_t                   _refcount __attribute__((__aligned__(4))); /*    52     4 */

	/* size: 64, cachelines: 1, members: 4 */
} __attribute__((__aligned__(16)));
`;
const FOLIO = `struct folio {
	struct dev_pagemap * pgmap;                      /*     8     8 */
	mm_id_mapcount_t _mm_id_mapcount[2];             /*    96     8 */

	/* size: 256, cachelines: 4, members: 4 */
};
`;
const TABLE = {
  sizeof: { page: 64, folio: 256 },
  fields: {
    'page.flags': [0, 8],
    'page.index': [32, 8],
    'page.zone_device_data': [16, 8],
    'page.pgmap': [8, 8],
    'folio._mm_id_mapcount': [96, 8],
  },
} as const;

test('members of nested unions have the offset from the start', () => {
  const members = parsePahole(PAGE);
  assert.equal(members.get('share'), [32, 8]);
  assert.equal(members.get('_refcount'), [52, 4]);
  assert.is(sizeOf(PAGE), 64);
});

test('a name at two places is no answer', () => {
  const text = '\tint a; /* 0 4 */\n\tint a; /* 8 4 */\n\tint b; /* 4 4 */\n';
  assert.equal([...parsePahole(text).keys()], ['b']);
});

test('a table that agrees has nothing wrong', () => {
  assert.equal(compareWithPahole(TABLE, PAGE, FOLIO), []);
});

test('another offset, another size, an unknown member and another sizeof are each said', () => {
  const table = {
    sizeof: { page: 64, folio: 192 },
    fields: { ...TABLE.fields, 'page.flags': [8, 8], 'page._refcount': [52, 8], 'folio.gone': [0, 4] },
  } as const;
  assert.equal(compareWithPahole(table, PAGE, FOLIO), [
    'sizeof folio: table 192, pahole 256',
    'page.flags: table 8+8, pahole 0+8',
    'page._refcount: table 52+8, pahole 52+4',
    'folio.gone: table 0+4, pahole has no such member',
  ]);
});

test.run();
