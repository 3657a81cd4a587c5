/** A kernel version as the head of the top Makefile states it. */
export interface KernelRelease {
  readonly version: number;
  readonly patchLevel: number;
  readonly sublevel: number;
  /** With its dash: `-rc7`, or empty. */
  readonly extra: string;
  /** `7.3.4`, `7.3.0-rc7`: what `make kernelversion` prints. */
  readonly text: string;
}

/** Reads VERSION, PATCHLEVEL, SUBLEVEL and EXTRAVERSION; undefined if this is not the Makefile of a kernel. */
export function parseMakefileRelease(makefile: string): KernelRelease | undefined {
  const head = makefile.split('\n').slice(0, 20).join('\n');
  const value = (name: string): string | undefined =>
    new RegExp(`^${name}[ \\t]*=[ \\t]*(\\S*)`, 'm').exec(head)?.[1];
  const [version, patchLevel, sublevel] = ['VERSION', 'PATCHLEVEL', 'SUBLEVEL'].map((name) =>
    Number.parseInt(value(name) ?? '', 10),
  );
  if (version === undefined || patchLevel === undefined || sublevel === undefined) return undefined;
  if (![version, patchLevel, sublevel].every((part) => Number.isInteger(part))) return undefined;
  const extra = value('EXTRAVERSION') ?? '';
  return { version, patchLevel, sublevel, extra, text: `${version}.${patchLevel}.${sublevel}${extra}` };
}
