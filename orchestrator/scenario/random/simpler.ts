import type { Step } from '../schema.js';

/**
 * Simpler forms of a step, the simplest first: lower orders, places nearer to page 0, nothing that need not be said. Each is
 * strictly simpler by its own measure, so that taking one after another comes to an end. What an order 0 is replaced by
 * depends on nothing but the step: a path of edits means the same anywhere.
 */
export function simplerSteps({ expect: _expect, ...step }: Step): readonly Step[] {
  const { init, free, unlock, touch, mmap, fill, migrate, munmap, evict } = step;
  if (init) {
    const { zdd: _zdd, ...plain } = init;
    const lower = init.order > 0 ? [0, 1, 2, init.order - 1].filter((order) => order < init.order) : [];
    return [
      ...(init.zdd === undefined ? [] : [{ init: plain }]),
      ...(init.unlock === 'page' ? [] : [{ init: { ...init, unlock: 'page' as const } }]),
      ...[...new Set(lower)].map((order) => ({ init: { ...init, order } })),
      ...lowerPlaces(init.pfn, 2 ** init.order).map((pfn) => ({ init: { ...init, pfn } })),
    ];
  }
  if (free) return free.how === 'page' ? [] : [{ free: { ...free, how: 'page' } }];
  if (unlock) return unlock.how === 'page' ? [] : [{ unlock: { ...unlock, how: 'page' } }];
  if (touch) {
    const { write, ...read } = touch;
    return [
      ...(write === true ? [{ touch: read }] : []),
      ...(touch.pages > 1 ? [{ touch: { ...touch, pages: 1 } }] : []),
      ...lowerPlaces(touch.page, 1).map((page) => ({ touch: { ...touch, page } })),
    ];
  }
  if (mmap) {
    const { thp, ...small } = mmap;
    return [
      ...(thp === true ? [{ mmap: small }] : []),
      ...[1, 4, 512].filter((pages) => pages < mmap.pages).map((pages) => ({ mmap: { ...mmap, pages } })),
    ];
  }
  if (fill) return fill.seed === 1 ? [] : [{ fill: { ...fill, seed: 1 } }];
  if (migrate) {
    const { to, abort, ...rest } = migrate;
    const put = (entries: typeof to): Step => ({ migrate: { ...migrate, to: entries } });
    const at = (index: number, entry: (typeof to)[number]): Step =>
      put(to.map((one, i) => (i === index ? entry : one)));
    return [
      ...(abort === true ? [{ migrate: { ...rest, to } }] : []),
      ...(to.length > 1 ? to.map((_, index) => put(to.filter((_one, i) => i !== index))) : []),
      ...to.flatMap((entry, index) => {
        const { count = 1, ...one } = entry;
        return [
          ...(count > 1 ? [at(index, one)] : []),
          ...(entry.order > 0 ? [at(index, { ...entry, order: 0 })] : []),
          ...lowerPlaces(entry.pfn, 2 ** entry.order).map((pfn) => at(index, { ...entry, pfn })),
          ...lowerPlaces(entry.page, 2 ** entry.order).map((page) => at(index, { ...entry, page })),
        ];
      }),
    ];
  }
  if (munmap && munmap.page !== undefined) {
    const { page: _page, pages: _pages, ...whole } = munmap;
    return [{ munmap: whole }];
  }
  if (evict && (evict.pfn !== undefined || evict.pfns)) return [{ evict: {} }];
  return [];
}

/** Places below `at` that are multiples of `unit`: the first ones, then the one before. */
function lowerPlaces(at: number, unit: number): readonly number[] {
  const places = [0, 1, 2, 3, at / unit - 1]
    .map((place) => place * unit)
    .filter((place) => place >= 0 && place < at);
  return [...new Set(places)];
}
