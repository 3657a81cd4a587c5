import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runOk } from '../process/child.js';
import { publishDir } from '../store/atomic.js';
import { hashFiles } from '../store/hash.js';
import { cacheDir, projectRoot } from '../store/paths.js';
import { tempDir } from '../store/temp.js';

const BUILD_MS = 120_000;

/** The static agent for the guest, compiled once for each state of its sources. Throws CiError('infra'). */
export async function agentBinary(signal: AbortSignal): Promise<string> {
  const root = projectRoot();
  const folder = join(root, 'guests', 'agent');
  const sources = (await readdir(folder)).map((name) => join(folder, name));
  const digest = await hashFiles([...sources, join(root, 'guests', 'module', 'zdplace.h')], root);
  const dir = join(cacheDir(), 'agent', digest);
  const binary = join(dir, 'zdagent');
  if (existsSync(binary)) return binary;
  const out = tempDir('agent');
  await runOk(['make', '-C', folder, `OUT=${out}`], {
    what: 'make of the guest agent',
    deadlineMs: BUILD_MS,
    signal,
    remedy: 'the agent needs gcc, a static libc and libjansson-dev: ./ci --setup-only installs them',
  });
  const ready = tempDir('agent-ready');
  await copyFile(join(out, 'zdagent'), join(ready, 'zdagent'));
  await mkdir(join(cacheDir(), 'agent'), { recursive: true });
  await publishDir(ready, dir);
  return binary;
}
