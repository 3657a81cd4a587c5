import { InvalidArgumentError } from 'commander';

/** For an option that may be given several times. */
export const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

/** For an option of which the last would silently win. */
export function once(value: string, before: string | undefined): string {
  if (before !== undefined) throw new InvalidArgumentError(`it was given before, as ${before}; give one`);
  return value;
}

export function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000)
    throw new InvalidArgumentError('expected a whole number from 1 to 1000');
  return value;
}

export function makeOption(value: string, before: readonly string[]): readonly string[] {
  if (!/^[A-Za-z_][A-Za-z0-9_]*=/.test(value))
    throw new InvalidArgumentError('expected NAME=VALUE, for example LLVM=1');
  return collect(value, before);
}
