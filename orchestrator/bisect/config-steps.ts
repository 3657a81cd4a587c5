import type { WantedOption } from '../kernel/fragment.js';

/** One option that two configurations have otherwise. */
export interface OptionStep {
  readonly name: string;
  /** y, m, n, a number, or a string with its quotes. */
  readonly from: string;
  readonly to: string;
}

type Option = Pick<WantedOption, 'name' | 'value'>;

/** The difference of two configurations as they are asked for, by name; `n` and not named are one. */
export function optionSteps(before: readonly Option[], after: readonly Option[]): OptionStep[] {
  const [from, to] = [before, after].map((all) => new Map(all.map(({ name, value }) => [name, value])));
  if (from === undefined || to === undefined) return [];
  return [...new Set([...from.keys(), ...to.keys()])]
    .toSorted()
    .map((name) => ({ name, from: from.get(name) ?? 'n', to: to.get(name) ?? 'n' }))
    .filter((step) => step.from !== step.to);
}

/**
 * The order in which the options are changed one after the other: one that is switched on comes after what it depends on,
 * one that is switched off before; otherwise by name. What depends on itself in a circle stays in the order of names.
 * @param dependencies of each option, those of the others that its conditions name
 */
export function inOrder(
  steps: readonly OptionStep[],
  dependencies: ReadonlyMap<string, ReadonlySet<string>>,
): OptionStep[] {
  const dependsOn = (one: OptionStep, other: OptionStep): boolean =>
    dependencies.get(one.name)?.has(other.name) === true;
  const goesBefore = (one: OptionStep, other: OptionStep): boolean =>
    (other.to !== 'n' && dependsOn(other, one)) || (one.to === 'n' && dependsOn(one, other));
  const left = [...steps];
  const ordered: OptionStep[] = [];
  while (left.length > 0) {
    const free = left.findIndex((step) => !left.some((other) => other !== step && goesBefore(other, step)));
    ordered.push(...left.splice(Math.max(free, 0), 1));
  }
  return ordered;
}

/**
 * A fragment that lies between the two: the options whose numbers (from 1) are named have the new value, the others the old
 * one. All are optional, since one may need another that has not come yet.
 */
export function fragmentWith(steps: readonly OptionStep[], changed: ReadonlySet<number>): string {
  return steps
    .map(({ name, from, to }, index) =>
      changed.has(index + 1)
        ? `${name}=${to} # optional: changed\n`
        : `${name}=${from} # optional: as before\n`,
    )
    .join('');
}
