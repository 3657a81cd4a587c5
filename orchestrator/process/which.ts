import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** Folders that hold tools we need (depmod, dropbear) and that a normal user's PATH leaves out on Debian. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** PATH as our children get it: the caller's, then the system folders it lacks. */
export function childPath(path = process.env['PATH'] ?? ''): string {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return [...folders, ...SYSTEM_FOLDERS.filter((folder) => !folders.includes(folder))].join(delimiter);
}

/**
 * Absolute path of a command, or undefined if there is none. A name with a slash is taken relative to `cwd`,
 * another one is looked up in `path` (default: PATH plus the sbin folders).
 */
export function which(
  name: string,
  options: { readonly cwd?: string; readonly path?: string } = {},
): string | undefined {
  const cwd = options.cwd ?? process.cwd();
  if (name.includes('/')) {
    const file = isAbsolute(name) ? name : resolve(cwd, name);
    return isExecutable(file) ? file : undefined;
  }
  for (const folder of childPath(options.path).split(delimiter)) {
    const file = join(resolve(cwd, folder), name);
    if (isExecutable(file)) return file;
  }
  return undefined;
}
