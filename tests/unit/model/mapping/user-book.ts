import type { UserOperation } from '../../../../orchestrator/model/index.js';

/** What a process may do with a page of a mapping. */
export type Right = 'gone' | 'r' | 'rw';

/** A mapping as the process that made it knows it: which pages it has, and what it may do with them. */
export interface Known {
  readonly pages: Right[];
}

/** Pages [page, page + count) of a mapping of a process. */
export interface Span {
  readonly name: string;
  readonly process: string;
  readonly page: number;
  readonly count: number;
}

export const MAIN = 'main';

/**
 * What the test's processes know of their memory, without a look at page tables or struct pages: processes, mappings and
 * rights. It says which operations make sense and which signal an access must end in, on any kernel.
 */
export class UserBook {
  readonly #processes = new Map<string, Map<string, Known>>([[MAIN, new Map()]]);
  /** Driver's own folios: order by first page. */
  readonly own = new Map<number, number>();
  /** Migrations that took a huge page off its page tables and gave it back, while another process mapped a part of it. */
  givenBack = 0;

  get processes(): readonly string[] {
    return [...this.#processes.keys()];
  }

  /** Mappings of a process by name. */
  mappings(process: string): ReadonlyMap<string, Known> {
    return this.#processes.get(process) ?? new Map<string, Known>();
  }

  /** All mappings of all processes, in order of their making. */
  get all(): readonly { readonly process: string; readonly name: string; readonly known: Known }[] {
    return [...this.#processes].flatMap(([process, mappings]) =>
      [...mappings].map(([name, known]) => ({ process, name, known })),
    );
  }

  /** Every page of the span is there. */
  has({ name, process, page, count }: Span): boolean {
    const known = this.mappings(process).get(name);
    if (!known || page + count > known.pages.length) return false;
    return known.pages.slice(page, page + count).every((right) => right !== 'gone');
  }

  /** The page at which an access must end in SIGSEGV. */
  refused({ name, process, page, count }: Span, write: boolean): number | undefined {
    const pages = this.mappings(process).get(name)?.pages ?? [];
    for (let i = page; i < page + count; i += 1) if (write && pages[i] === 'r') return i;
    return undefined;
  }

  enter(op: UserOperation): void {
    const known = (name: string, process = MAIN): Known => {
      const found = this.mappings(process).get(name);
      if (!found) throw new RangeError(`process ${process} has no mapping ${name}`);
      return found;
    };
    switch (op.op) {
      case 'mmap':
        this.#processes.get(MAIN)?.set(op.name, { pages: Array.from({ length: op.pages }, () => 'rw') });
        return;
      case 'munmap': {
        const mapping = known(op.name, op.process);
        const from = op.page ?? 0;
        const to = op.page === undefined ? mapping.pages.length : from + (op.count ?? 1);
        mapping.pages.fill('gone', from, to);
        if (to - from === mapping.pages.length) this.#processes.get(op.process ?? MAIN)?.delete(op.name);
        return;
      }
      case 'mprotect':
        known(op.name, op.process).pages.fill(
          op.access === 'write' ? 'rw' : 'r',
          op.page,
          op.page + op.count,
        );
        return;
      case 'fork': {
        const copy = [...this.mappings(MAIN)].map(([name, { pages }]): [string, Known] => [
          name,
          { pages: [...pages] },
        ]);
        this.#processes.set(op.child, new Map(copy));
        return;
      }
      case 'exit':
        this.#processes.delete(op.process);
        return;
      default:
        return;
    }
  }
}
