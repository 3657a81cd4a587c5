import { BUGS, Trap, WARNINGS } from './traps.js';
import type { Kernel } from './kernel.js';
import type { FreeStep } from './steps/step.js';

/** Page types for which put_page() does nothing (include/linux/mm.h:2226): slab, large kmalloc. */
const PUT_NOTHING = [0xf5, 0xf8];

/** put_page(): the head that the page names, unless it has a type of its own. */
export function putPage(k: Kernel, page: number, steps: readonly FreeStep[]): void {
  const folio = k.pageFolio(page);
  if (!PUT_NOTHING.includes(k.pageType(folio))) putFolio(k, folio, steps);
}

/** folio_put() down to the last step (include/linux/mm.h:2157, mm/folio.c:91, mm/memremap.c:416). */
export function putFolio(k: Kernel, folio: number, steps: readonly FreeStep[]): void {
  const { info, refcount } = k.layout.at;
  const count = k.mem.get32(folio, refcount);
  k.bugOn(count === 0, BUGS.putZero);
  k.mem.fill32(folio, 1, refcount, count - 1, k.by('put'));
  if (count !== 1) return;
  if (!k.isZoneDevice(folio))
    throw new Trap('foreign', {
      why: `page ${folio} has lost its zone and goes to the page allocator as if it were RAM`,
      line: 'mm/folio.c:93',
      config: 'any',
    });
  const nr = k.folioNrPages(folio);
  if (k.mem.get32(folio, info) === 0 && k.mem.getHigh32(folio, info) === 0) {
    k.warnOn(true, WARNINGS.noPgmap);
    return;
  }
  for (const step of steps) step(k, folio, nr);
}

/** folio_unlock() (mm/filemap.c:1510). That a folio is no tail is checked again before the change, which adds nothing. */
export function unlockFolio(k: Kernel, folio: number): void {
  k.bugOn(k.isTail(folio), BUGS.tailTested);
  k.bugOn(!k.flag(folio, 'PG_locked'), BUGS.unlockUnlocked);
  // xor, as the kernel does: unlocking an unlocked folio locks it.
  k.setFlag(folio, 'PG_locked', !k.flag(folio, 'PG_locked'), 'unlock');
}
