/**
 * The one error type of the program. `fault` names whose fault it is (DESIGN: Contracts); the exit code
 * follows from it and from nothing else.
 */
export type Fault = 'patch' | 'build' | 'boot' | 'guest-lost' | 'crash' | 'mismatch' | 'infra' | 'usage';

/** Exit codes that may leave the program; safe under `git bisect run`. */
export const EXIT = {
  good: 0,
  bad: 1,
  cannotTell: 125,
  infra: 128,
  usage: 129,
  sigint: 130,
  sigterm: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface CiErrorDetails {
  /** What was awaited, where the error is a missed deadline. */
  readonly awaited?: string;
  /** How long it was awaited, in milliseconds. */
  readonly waitedMs?: number;
  /** The last line the guest's console showed. */
  readonly lastConsoleLine?: string;
  /** What the user can do about it, one sentence. */
  readonly remedy?: string;
  /** Where in the user's input: `file:line` or `file:line:column`. */
  readonly where?: string;
  /** Further text to show below the message (git's words, the first compiler error). */
  readonly detail?: string;
  readonly cause?: unknown;
}

/** An error with a guilty party. Thrown by every layer; printed once, by the command line. */
export class CiError extends Error {
  readonly fault: Fault;
  readonly details: CiErrorDetails;

  constructor(fault: Fault, message: string, details: CiErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'CiError';
    this.fault = fault;
    this.details = details;
  }
}

/** Exit code for an error that ended the whole command. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof CiError)) return EXIT.infra;
  switch (error.fault) {
    case 'usage':
      return EXIT.usage;
    case 'patch':
    case 'build':
    case 'boot':
      return EXIT.cannotTell;
    case 'crash':
    case 'mismatch':
      return EXIT.bad;
    case 'guest-lost':
    case 'infra':
      return EXIT.infra;
  }
}
