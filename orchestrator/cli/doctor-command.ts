import type { Command } from 'commander';
import type { ToolFact } from '../guest/doctor.js';
import { clean, examine } from '../run/doctor.js';
import type { Examination } from '../run/doctor.js';
import { DEFAULT_MACHINE } from '../run/options.js';
import type { Outcome } from './program.js';
import { printable } from '../report/printable.js';

const MIB = 2 ** 20;

function size(bytes: number): string {
  return bytes >= 1024 * MIB ? `${(bytes / MIB / 1024).toFixed(1)} GiB` : `${Math.ceil(bytes / MIB)} MiB`;
}

function toolLine({ name, package: debian, version, path }: ToolFact): string {
  const what = path === undefined ? `missing: apt-get install ${debian}` : `${version ?? ''} ${path}`.trim();
  return `  ${name.padEnd(20)} ${what}`;
}

/** The examination as text, newline at the end. */
export function describeExamination(found: Examination): string {
  const { tools, kvm, accelerator, caches, leftovers, sources } = found;
  const lines = [
    'tools',
    ...tools.map(toolLine),
    'accelerator',
    `  /dev/kvm             ${kvm.why}`,
    ...(kvm.remedy === undefined ? [] : [`                       ${kvm.remedy}`]),
    `  chosen               ${accelerator.proved ? `${accelerator.name}: ${accelerator.why}` : accelerator.why}`,
    `cache ${found.cacheDir}`,
    ...caches.map(({ name, bytes }) => `  ${name.padEnd(20)} ${size(bytes)}`),
    `  free on that disk    ${size(found.freeBytes)}`,
    'kernel sources',
    ...(sources.length === 0 ? ['  none yet: the first run fetches one'] : sources.map((one) => `  ${one}`)),
    'leftovers of dead runs',
    ...(leftovers.length === 0 ? ['  none'] : leftovers.map((one) => `  ${one}`)),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

export function addDoctorCommand(program: Command, outcome: Outcome): void {
  program
    .command('doctor')
    .description('show tools, accelerator, caches and leftovers of dead runs')
    .option('--clean', 'remove the leftovers, and what can be fetched or built again', false)
    .option('--json', 'print it as JSON', false)
    .action(async (flags: { readonly clean: boolean; readonly json: boolean }) => {
      if (flags.clean) for (const line of await clean()) process.stderr.write(`${printable(line)}\n`);
      const found = await examine(DEFAULT_MACHINE);
      process.stdout.write(flags.json ? `${JSON.stringify(found, null, 2)}\n` : describeExamination(found));
      // Something that is missing is what a script would ask about.
      outcome.code = found.tools.some((tool) => tool.path === undefined) ? 128 : 0;
    });
}
