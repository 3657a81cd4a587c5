import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { KernelArtifact } from '../kernel/artifact.js';

/** Name of a file of one leg: with several profiles each has its own. */
export function legFile(name: string, profile: string): string {
  if (profile === 'default') return name;
  const { name: stem, ext } = path.parse(name);
  return `${stem}.${profile}${ext}`;
}

/** Puts the kernel's configuration beside the results of its point; with several profiles one file each. */
export async function saveConfig(artifact: KernelArtifact, dir: string, profile: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await copyFile(artifact.config, path.join(dir, legFile('config', profile)));
}
