import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { KernelArtifact } from '../kernel/artifact.js';

/** Puts the kernel's configuration beside the results of its point; with several profiles one file each. */
export async function saveConfig(artifact: KernelArtifact, dir: string, profile: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  await copyFile(artifact.config, path.join(dir, profile === 'default' ? 'config' : `config.${profile}`));
}
