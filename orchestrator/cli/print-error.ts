import { CiError } from '../process/errors.js';
import { printable } from '../report/printable.js';

/**
 * The message of an error as the user sees it: whose fault, what, where, what was awaited, what to do.
 * The stack is shown only with `verbose`, or where the error is not one of ours and so is a bug.
 */
export function describeError(error: unknown, verbose: boolean): string {
  if (!(error instanceof CiError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `ci: internal error: ${printable(text)}\n    this is a bug in ci; please report it with the text above\n`;
  }
  const { details } = error;
  // A message about a line of a file begins with it.
  const told = details.where === undefined || error.message.startsWith(`${details.where}: `);
  const lines = [`ci: ${error.fault}: ${told ? '' : `${details.where}: `}${error.message}`];
  if (details.awaited !== undefined) {
    const waited = details.waitedMs === undefined ? '' : ` for ${(details.waitedMs / 1000).toFixed(1)} s`;
    lines.push(`    waited${waited} for ${details.awaited}`);
  }
  if (details.lastConsoleLine !== undefined) lines.push(`    last console line: ${details.lastConsoleLine}`);
  if (details.detail !== undefined)
    lines.push(
      ...details.detail
        .trimEnd()
        .split('\n')
        .map((line) => `    | ${line}`),
    );
  if (details.remedy !== undefined) lines.push(`    ${details.remedy}`);
  if (verbose && error.stack !== undefined) lines.push(error.stack);
  return `${lines.map(printable).join('\n')}\n`;
}
