import type { Case } from './schema.js';
import type { Hello } from './protocol.js';

/** Why a case cannot run on this kernel, or undefined where it can. A pure reading of what the agent said. */
export function unmetRequirement(test: Case, hello: Hello): string | undefined {
  if (!hello.feature)
    return `the kernel has no large device-private folios: ${hello.why ?? 'the agent gave no reason'}`;
  const missing = test.requires.config.filter((option) => !hello.layout.config[option]);
  if (missing.length > 0)
    return `the kernel config has no ${missing.map((option) => `CONFIG_${option}`).join(', ')}`;
  if (test.requires.config.includes('MEMCG') && hello.layout.consts['memcg_disabled'] === 1)
    return 'memory cgroups are switched off on the kernel command line';
  if (test.requires.features.includes('poke') && hello.unsafe === false) {
    return 'the module was loaded without unsafe=1, which pokes need';
  }
  if (test.requires.features.includes('thp') && hello.layout.config['TRANSPARENT_HUGEPAGE'] === 0) {
    return 'the kernel config has no CONFIG_TRANSPARENT_HUGEPAGE';
  }
  if (test.requires.features.includes('coherent') && hello.coherent === undefined) {
    return 'no memory is reserved for device-coherent pages of the guest module';
  }
  if (test.requires.features.includes('second') && hello.chunk.second === undefined) {
    return 'the chunk is too small for a second device';
  }
  if (test.requires.features.includes('swap') && hello.layout.consts['swap_disk'] !== 1) {
    return 'the module has no disk to swap to: the kernel config has no CONFIG_SWAP, or another API of block devices';
  }
  return undefined;
}
