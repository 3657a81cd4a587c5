import type { Layout } from '../../../orchestrator/model/layout.js';
import { ignoredBits, RULES } from '../../../orchestrator/model/normalise.js';
import { ROLES } from '../../../orchestrator/model/roles.js';
import type { Role, RoleMap } from '../../../orchestrator/model/roles.js';

const PAGE_BITS = 512;

/** How much was compared. */
export interface Counts {
  readonly steps: number;
  readonly pages: number;
  readonly bits: number;
  /** Bits that a rule keeps from being compared, by rule. */
  readonly masked: Readonly<Record<string, number>>;
}

/** Share of all bits that were compared, 0..1; 0 where nothing was. */
export function comparedPart({ pages, bits }: Counts): number {
  return pages === 0 ? 0 : bits / (pages * PAGE_BITS);
}

/** Counts compared and masked bits, page by page in the role that decides what is masked. */
export class Counter {
  readonly #maskedBits: Readonly<Record<Role, number>>;
  readonly #rules: Readonly<Record<Role, readonly string[]>>;
  readonly #masked: Record<string, number> = {};
  #steps = 0;
  #pages = 0;
  #bits = 0;

  constructor(layout: Layout) {
    const ignored = ignoredBits(layout, 'prediction');
    const perRole = <T>(value: (role: Role) => T): Record<Role, T> =>
      Object.fromEntries(ROLES.map((role) => [role, value(role)])) as Record<Role, T>;
    this.#maskedBits = perRole((role) => ignored[role].reduce((sum, word) => sum + bitCount(word), 0));
    this.#rules = perRole((role) =>
      RULES.filter((rule) => rule.use.includes('prediction') && rule.roles.includes(role)).map(
        ({ field, reason }) => `${field}: ${reason}`,
      ),
    );
  }

  /** A step after which every page of the chunk was compared. */
  step(roles: RoleMap): void {
    this.#steps += 1;
    for (let page = 0; page < roles.pages; page += 1) {
      const role = roles.role(page);
      const masked = this.#maskedBits[role];
      this.#pages += 1;
      this.#bits += PAGE_BITS - masked;
      const rules = this.#rules[role];
      // One rule a role: whose bits they are is then known without asking the rule.
      if (masked > 0 && rules.length !== 1)
        throw new RangeError(`${rules.length} rules mask bits of ${role}: count them one by one`);
      if (rules[0] !== undefined) this.#masked[rules[0]] = (this.#masked[rules[0]] ?? 0) + masked;
    }
  }

  get counts(): Counts {
    return { steps: this.#steps, pages: this.#pages, bits: this.#bits, masked: { ...this.#masked } };
  }
}

function bitCount(word: number): number {
  let count = 0;
  for (let bits = word; bits !== 0; bits >>>= 1) count += bits & 1;
  return count;
}
