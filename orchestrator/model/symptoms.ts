import { SYMPTOMS } from './symptoms/table.js';
import type { Role } from './roles.js';

/** What core-mm does about a wrong field, and where (lines of Linux 7.3.4). */
export interface Firing {
  readonly effect: string;
  readonly line: string;
}

/** What a field does that is not what it should be: one row of the first measurements' table of symptoms. */
export interface Symptom {
  /** Field under the reading of the page's present role. */
  readonly fields: readonly string[];
  /** Present roles it holds for; absent: any. */
  readonly roles?: readonly Role[];
  /** What the bytes were written as; absent: anything. */
  readonly writtenAs?: readonly string[];
  /** Holds only where the value has one of these bits. */
  readonly bits?: bigint;
  /** Option without which nobody looks at the field. */
  readonly needs?: string;
  /** What a check does that is compiled in with `config` only. */
  readonly checked?: Firing & { readonly config: string };
  /** What happens without the check, or in any kernel where there is none; absent: nothing that anybody would see. */
  readonly otherwise?: Firing;
  /** The address that an oops names, where the value decides it. */
  readonly address?: (value: bigint) => bigint | undefined;
}

/** The row for a field; the first match wins, so that a narrower row stands before a wider one. */
export function symptomOf(
  field: string,
  role: Role | undefined,
  writtenAs?: string,
  value?: bigint,
): Symptom | undefined {
  return SYMPTOMS.find(
    (s) =>
      s.fields.includes(field) &&
      (s.roles === undefined || role === undefined || s.roles.includes(role)) &&
      (s.writtenAs === undefined || (writtenAs !== undefined && s.writtenAs.includes(writtenAs))) &&
      (s.bits === undefined || value === undefined || (value & s.bits) !== 0n),
  );
}

export interface ConditionalFiring extends Firing {
  /** Options it depends on, in words: `with MEMCG, without DEBUG_VM`; empty for every kernel. */
  readonly condition: string;
}

/** All that can come of a symptom, with the option that decides between them; empty where nobody would see anything. */
export function firings(symptom: Symptom, value?: bigint): ConditionalFiring[] {
  const { needs, checked, otherwise } = symptom;
  const base = needs === undefined ? [] : [`with ${needs}`];
  const address = value === undefined ? undefined : symptom.address?.(value);
  const where = address === undefined ? '' : ` at address 0x${address.toString(16)}`;
  const firing = ({ effect, line }: Firing, options: readonly string[]): ConditionalFiring => ({
    effect: effect + where,
    line,
    condition: [...base, ...options].join(', '),
  });
  return [
    ...(checked ? [firing(checked, [`with ${checked.config}`])] : []),
    ...(otherwise ? [firing(otherwise, checked ? [`without ${checked.config}`] : [])] : []),
  ];
}

/** What fires in a kernel with this config; undefined where nothing does. */
export function firingIn(
  symptom: Symptom,
  config: Readonly<Record<string, boolean>>,
  value?: bigint,
): ConditionalFiring | undefined {
  const { needs, checked, otherwise } = symptom;
  if (needs !== undefined && config[needs] === false) return undefined;
  const [first, second] = firings(symptom, value);
  if (!checked) return first;
  if (config[checked.config] === true) return first;
  return otherwise ? second : undefined;
}

/** One line for a firing: effect, line, condition. */
export function firingInWords({ effect, line, condition }: ConditionalFiring): string {
  return `${effect} (${line}${condition === '' ? '' : `, ${condition}`})`;
}
