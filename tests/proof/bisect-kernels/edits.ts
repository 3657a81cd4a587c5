/** A change of one file of the kernel, by the text that it takes the place of. */
export interface Edit {
  readonly subject: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A function kept out of its callers: other code, and the same behaviour. */
function outOfLine(file: string, declaration: string): Edit {
  const name = /(\w+)\(/.exec(declaration)?.[1] ?? '';
  return {
    subject: `${file.replace(/\.c$/, '')}: keep ${name}() out of its callers`,
    file,
    find: `\nstatic ${declaration}`,
    replace: `\nstatic noinline ${declaration}`,
  };
}

/** Changes that change the kernel and break nothing. */
export const HARMLESS: readonly Edit[] = [
  outOfLine('mm/memremap.c', 'void pgmap_array_delete(struct range *range)'),
  outOfLine('mm/memremap.c', 'unsigned long pfn_len('),
  outOfLine('mm/memremap.c', 'void pageunmap_range('),
  outOfLine('mm/migrate_device.c', 'int migrate_vma_split_folio('),
  outOfLine('mm/migrate_device.c', 'bool migrate_vma_check_page('),
  outOfLine('mm/migrate_device.c', 'void migrate_vma_collect('),
  outOfLine('mm/migrate_device.c', 'unsigned long migrate_device_pfn_lock('),
];

/** The new folio keeps the bits of the order that page 1 of the one before had: every run of S1 and S2 fails. */
export const KEEPS_ORDER: Edit = {
  subject: 'mm/memremap: leave the flags of a device page to who allocates it',
  file: 'mm/memremap.c',
  find: '\t\tnew_page->flags.f &= ~0xffUL;\t/* Clear possible order, page head */\n',
  replace: '',
};

/** Does not compile until MENDS is in. */
export const BREAKS_BUILD: Edit = {
  subject: 'mm/memremap: prepare to count device folios',
  file: 'mm/memremap.c',
  find: '\nvoid free_zone_device_folio(struct folio *folio)\n{',
  replace: '\nvoid free_zone_device_folio(struct folio *folio)\n{\n\tcount_device_folio(folio);',
};

export const STILL_BROKEN: Edit = {
  subject: 'mm/memremap: say what counting device folios is for',
  file: 'mm/memremap.c',
  find: '\tcount_device_folio(folio);',
  replace: '\t/* For the driver. */\n\tcount_device_folio(folio);',
};

export const MENDS_BUILD: Edit = {
  subject: 'mm/memremap: count device folios',
  file: 'mm/memremap.c',
  find: '\nvoid free_zone_device_folio(struct folio *folio)\n{',
  replace:
    '\nstatic atomic_long_t nr_device_folios_freed;\n\nstatic void count_device_folio(struct folio *folio)\n{\n\tatomic_long_add(folio_nr_pages(folio), &nr_device_folios_freed);\n}\n\nvoid free_zone_device_folio(struct folio *folio)\n{',
};

/** A folio of order 9 is as large as can be mapped, and is said to be too large: only DEBUG_VM compiles that. */
export const CHECKS_ORDER: Edit = {
  subject: 'mm/memremap: check the order of a device folio against what can be mapped',
  file: 'mm/memremap.c',
  find: '\tVM_WARN_ON_ONCE(order > MAX_ORDER_NR_PAGES);\n',
  replace: '\tVM_WARN_ON_ONCE(order >= HPAGE_PMD_ORDER);\n',
};

/**
 * Who finds the folio of a PMD locked waits for it instead of faulting again, and holds a reference meanwhile. The fault that
 * has the lock then finds one reference too many and cannot migrate: with nothing but luck it is not that far yet.
 */
export const WAITS_WITH_REFERENCE: Edit = {
  subject: 'mm/huge_memory: wait for the lock of a device folio instead of spinning',
  file: 'mm/huge_memory.c',
  find: `		folio_unlock(folio);
		folio_put(folio);
	} else {
		spin_unlock(ptl);
	}

	return ret;
`,
  replace: `		folio_unlock(folio);
		folio_put(folio);
	} else {
		folio_get(folio);
		spin_unlock(ptl);
		folio_wait_locked(folio);
		folio_put(folio);
	}

	return ret;
`,
};
