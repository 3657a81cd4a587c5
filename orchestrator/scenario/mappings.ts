import { DEFAULT_SEED } from './schema.js';
import type { Action } from './schema.js';

/** The process that makes all mappings and forks the others. */
export const TEST_PROCESS = '';

export type Prot = 'none' | 'r' | 'rw';

/** One mapping as one process has it. */
export interface Mapping {
  readonly process: string;
  readonly name: string;
  readonly pages: number;
  /** The driver put coherent pages into it: they are no anonymous memory. */
  readonly inserted: boolean;
  seed: number;
  /** Pages that have been unmapped. */
  readonly gone: Set<number>;
  /** Protection of pages that are not `rw`. */
  readonly prot: Map<number, Prot>;
}

/** Name of the process that carries out an action. */
export function processOf(action: Action): string {
  return ('in' in action.args ? action.args.in : undefined) ?? TEST_PROCESS;
}

/** Pages that an action names, of a mapping of `total` pages; all of them where it names none. */
export function pagesNamed(
  { page, pages, every = 1 }: { page?: number | undefined; pages?: number | undefined; every?: number },
  total: number,
): number[] {
  const first = page ?? 0;
  const end = Math.min(total, page === undefined ? total : first + (pages ?? 1));
  const all: number[] = [];
  for (let at = first; at < end; at += every) all.push(at);
  return all;
}

/** How a mapping is called in a report. */
export function titleOf({ process, name }: Pick<Mapping, 'process' | 'name'>): string {
  return process === TEST_PROCESS ? name : `${name} of child ${process}`;
}

/** The mappings of all processes of a case. */
export class Mappings {
  readonly #all = new Map<string, Mapping>();
  readonly #children = new Set<string>();

  get(process: string, name: string): Mapping | undefined {
    return this.#all.get(`${process}:${name}`);
  }

  /** Mappings of one name in every process, or all mappings. */
  named(name?: string): Mapping[] {
    return [...this.#all.values()].filter((mapping) => name === undefined || mapping.name === name);
  }

  ofProcess(process: string): Mapping[] {
    return [...this.#all.values()].filter((mapping) => mapping.process === process);
  }

  /** Children that still live. */
  children(): string[] {
    return [...this.#children];
  }

  add(name: string, pages: number, inserted = false): void {
    this.#put({
      process: TEST_PROCESS,
      name,
      pages,
      inserted,
      seed: DEFAULT_SEED,
      gone: new Set(),
      prot: new Map(),
    });
  }

  /** A whole mapping of the test process moves; `stays`: the old one stays, empty. */
  move(name: string, to: string, stays: boolean): void {
    const from = this.get(TEST_PROCESS, name);
    if (!from) return;
    this.#put({ ...from, name: to, gone: new Set(from.gone), prot: new Map(from.prot) });
    if (!stays) this.remove(TEST_PROCESS, name);
  }

  remove(process: string, name: string): void {
    this.#all.delete(`${process}:${name}`);
  }

  fork(child: string): void {
    this.#children.add(child);
    for (const one of this.ofProcess(TEST_PROCESS))
      this.#put({ ...one, process: child, gone: new Set(one.gone), prot: new Map(one.prot) });
  }

  exit(child: string): void {
    this.#children.delete(child);
    for (const { name } of this.ofProcess(child)) this.remove(child, name);
  }

  #put(mapping: Mapping): void {
    this.#all.set(`${mapping.process}:${mapping.name}`, mapping);
  }
}
