import type { BootedKernel } from '../../../orchestrator/run/booted-kernel.js';
import { CiError } from '../../../orchestrator/process/errors.js';
import { debugStructs } from './debug-object.js';
import type { BuiltKernel, ProofKernel } from './kernels.js';
import { compareWithPahole } from './pahole.js';

/** The layout table that the guest's module carries, beside the compiler's debug information. */
export interface LayoutCheck {
  readonly fields: number;
  /** One line for each field that is elsewhere. */
  readonly wrong: readonly string[];
}

/** Restores a guest for its table, and compiles one object with -g against the build folder of the kernel. */
export async function checkLayout(
  kernel: ProofKernel,
  built: BuiltKernel,
  booted: BootedKernel,
  signal: AbortSignal,
): Promise<LayoutCheck> {
  const guest = await booted.restore(signal);
  try {
    const { hello } = guest;
    if (!hello.feature) throw new CiError('infra', `no layout: ${hello.why ?? 'the module is not there'}`);
    const { page, folio } = await debugStructs(kernel, built, signal);
    const { layout } = hello;
    return { fields: Object.keys(layout.fields).length, wrong: compareWithPahole(layout, page, folio) };
  } finally {
    await guest.close();
  }
}
