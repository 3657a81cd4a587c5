import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { CiError } from '../process/errors.js';
import { check, parseYaml, problems } from '../scenario/yaml-source.js';
import { FailureKind } from '../store/records.js';
import { rangeProblem } from './kernel-range.js';

/** Kinds that no entry can excuse (DESIGN: Known issues). */
const PIERCING: ReadonlySet<FailureKind> = new Set(['splat', 'hang', 'boot']);

const oneOrMore = z.union([
  z
    .string()
    .min(1)
    .transform((one) => [one]),
  z.array(z.string().min(1)).min(1),
]);

export const KnownIssue = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower case letters, digits and dashes'),
  reason: z.string().min(20, 'say in a sentence what is wrong and why it may stay'),
  link: z.url({ protocol: /^https?$/ }),
  kernelRange: z.string().superRefine((range, context) => {
    const problem = rangeProblem(range);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  }),
  expires: z.iso.date(),
  /** Cases that show it, without their suite: `S9`, `A2/9@0,0@1`. */
  reproducer: oneOrMore,
  match: z.strictObject({
    kind: FailureKind.refine(
      (kind) => !PIERCING.has(kind),
      'a splat, a hang or a lost boot is never excused',
    ),
    /** Field or flag names, exactly as deviations have them. */
    field: oneOrMore,
    /**
     * Bits, as a hex number of the field's width: those that differ must all lie in it. `any` also covers what has
     * no mask, a run-time address or the driver's data; only for fields that are stale as a whole.
     */
    mask: z.string().regex(/^(?:any|0x[0-9a-fA-F]{1,16})$/, 'a hex number of at most 64 bits, or "any"'),
    /** Role transitions, `*` for any run of characters: `tail1→order0`, `*→head`. */
    transition: oneOrMore,
  }),
});
export type KnownIssue = z.infer<typeof KnownIssue>;

const File = z.strictObject({ issues: z.array(KnownIssue) });

/**
 * Parses `known-issues.yaml`.
 * @param label name of the file for messages
 * @throws CiError('usage') with file, line and column of everything that is wrong, two entries of one id included
 */
export function parseKnownIssues(text: string, label: string): readonly KnownIssue[] {
  try {
    const source = parseYaml(text, label);
    const { issues } = check(source, File, source.value);
    const twice = issues.flatMap(({ id }, index) =>
      issues.findIndex((other) => other.id === id) === index
        ? []
        : [{ path: ['issues', index, 'id'], text: `"${id}" is there already` }],
    );
    if (twice.length > 0) throw problems(source, twice);
    return issues;
  } catch (error) {
    if (!(error instanceof CiError)) throw error;
    const remedy = 'the comment at the top of results/known-issues.yaml describes the fields';
    throw new CiError(error.fault, error.message, { ...error.details, remedy });
  }
}

/** Reads and parses the file; a missing file is CiError('usage'). */
export async function loadKnownIssues(file: string): Promise<readonly KnownIssue[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new CiError('usage', `cannot read the known issues: ${file}`, { where: file, cause: error });
  }
  return parseKnownIssues(text, file);
}
