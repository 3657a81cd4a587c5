import { ROLES } from '../../model/roles.js';
import type { Role, RoleMap } from '../../model/roles.js';

/** What every page was before it was last made something else. */
export class Past {
  readonly #role: Role[];
  readonly #before: Role[];
  /** First page and order of the folio that a page was last part of. */
  readonly #head: Int32Array;
  readonly #order: Int32Array;

  /** @param pages pages that are looked at, from the first on */
  constructor(pages: number) {
    this.#role = Array<Role>(pages).fill(ROLES[0]);
    this.#before = Array<Role>(pages).fill(ROLES[0]);
    this.#head = new Int32Array(pages).fill(-1);
    this.#order = new Int32Array(pages).fill(-1);
  }

  /** Goes on to what the pages are after one more step. */
  follow(roles: RoleMap): void {
    for (let page = 0; page < this.#role.length; page++) {
      const role = roles.role(page);
      const { pfn, order } = roles.folio(page);
      if (role === this.#role[page] && pfn === this.#head[page] && order === this.#order[page]) continue;
      this.#before[page] = this.#role[page] as Role;
      this.#role[page] = role;
      this.#head[page] = pfn;
      this.#order[page] = order;
    }
  }

  before(page: number): Role {
    return this.#before[page] as Role;
  }
}
