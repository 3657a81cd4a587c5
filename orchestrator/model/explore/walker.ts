import { PAGE_WORDS } from '../layout.js';
import type { Place } from '../kernel.js';
import { Machine } from '../machine.js';
import type { Effects } from '../operation.js';
import type { Variant } from '../variants.js';
import type { SearchStep } from './universe.js';
import { WordTable } from './word-table.js';

/** Pages of a group: states that differ in few pages share the groups of the others. */
const GROUP = 16;

/**
 * What states are made of, shared by all walkers of a search: the contents of struct pages that ever came up, and
 * groups of pages. Copy on write: a step costs what it touches, a state one number a group.
 */
export class StateParts {
  readonly pages = new WordTable(PAGE_WORDS);
  readonly groups: WordTable;
  /** Pages of a group; a small chunk is one group. */
  readonly perGroup: number;

  constructor(chunkPages: number) {
    this.perGroup = Math.min(GROUP, chunkPages);
    this.groups = new WordTable(this.perGroup);
  }
}

/** Words of a walker's state for a chunk: one number a group, and the pgmap references. */
export function stateWords(chunkPages: number): number {
  return Math.ceil(chunkPages / GROUP) + 1;
}

/**
 * The modelled kernel of one variant, moved from state to state. A state is words in an array of the caller: two states
 * are equal exactly where all their words are.
 */
export class Walker {
  readonly machine: Machine;
  readonly #parts: StateParts;
  /** Contents of each page in the state the walker stands at. */
  readonly #at: Uint32Array;
  /** The same after the last step. */
  readonly #now: Uint32Array;
  readonly #groupsAt: Uint32Array;

  /** Starts with every page fresh. */
  constructor(variant: Variant, place: Place, parts: StateParts) {
    this.machine = new Machine(variant, place);
    this.#parts = parts;
    this.#at = new Uint32Array(place.pages);
    this.#now = new Uint32Array(place.pages);
    this.#groupsAt = new Uint32Array(place.pages / parts.perGroup);
    // Fresh pages are equal, in every variant: they are number 0, and so are groups of them.
    parts.pages.intern(this.machine.memory.words);
    parts.groups.intern(this.#now);
  }

  /** Goes to a state that starts at `from` in `words`. */
  enter(words: Uint32Array, from: number): void {
    const { groups, perGroup } = this.#parts;
    const members = groups.words;
    for (let group = 0; group < this.#groupsAt.length; group++) {
      const wanted = words[from + group] as number;
      if (this.#groupsAt[group] === wanted) continue;
      this.#groupsAt[group] = wanted;
      for (let i = 0; i < perGroup; i++)
        this.#put(group * perGroup + i, members[wanted * perGroup + i] as number);
    }
    this.machine.rewind((words[from + this.#groupsAt.length] as number) | 0);
    this.#untouch();
  }

  /** One step from the state the walker stands at. */
  step(op: SearchStep): Effects {
    return this.machine.apply(op);
  }

  /** Writes the state after the step to `to`, from `at` on. */
  save(to: Uint32Array, at: number): void {
    const { pages, groups, perGroup } = this.#parts;
    const { words, touchedFrom, touchedTo } = this.machine.memory;
    for (let page = touchedFrom; page < touchedTo; page++)
      this.#now[page] = pages.intern(words, page * PAGE_WORDS);
    const first = Math.floor(touchedFrom / perGroup);
    const end = Math.ceil(touchedTo / perGroup);
    for (let group = 0; group < this.#groupsAt.length; group++)
      to[at + group] =
        group >= first && group < end
          ? groups.intern(this.#now, group * perGroup)
          : (this.#groupsAt[group] as number);
    to[at + this.#groupsAt.length] = this.machine.refs;
  }

  /** Takes the step back. */
  back(words: Uint32Array, from: number): void {
    const { memory } = this.machine;
    const { touchedFrom, touchedTo } = memory;
    for (let page = touchedFrom; page < touchedTo; page++) this.#restore(page);
    this.machine.rewind((words[from + this.#groupsAt.length] as number) | 0);
    this.#untouch();
  }

  #untouch(): void {
    const { memory } = this.machine;
    memory.touchedFrom = memory.pages;
    memory.touchedTo = 0;
  }

  #put(page: number, content: number): void {
    if (this.#at[page] === content) return;
    this.#at[page] = content;
    this.#restore(page);
  }

  #restore(page: number): void {
    const content = this.#at[page] as number;
    this.#now[page] = content;
    const { words } = this.machine.memory;
    const stored = this.#parts.pages.words;
    const to = page * PAGE_WORDS;
    const from = content * PAGE_WORDS;
    for (let i = 0; i < PAGE_WORDS; i++) words[to + i] = stored[from + i] as number;
  }
}
