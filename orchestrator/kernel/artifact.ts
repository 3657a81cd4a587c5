export interface KernelRequest {
  /** Repository that has the tree; our clone or the managed source. */
  readonly gitDir: string;
  readonly commit: string;
  /** Tree id of the commit. */
  readonly tree: string;
  readonly profile: string;
  /** Paths of the user's own fragments. */
  readonly fragments: readonly string[];
  /** `NAME=VALUE` each. */
  readonly makeOptions: readonly string[];
  /**
   * What names the build folder in the place of the configuration: kernels of several configurations are then built one over
   * the other, and make compiles what reads an option that changed.
   */
  readonly folder?: string | undefined;
  /** Output of make is appended. */
  readonly logFile: string;
  /** Compilers at once; default: one for each processor. */
  readonly jobs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((text: string) => void) | undefined;
}

export interface KernelArtifact {
  readonly key: string;
  readonly dir: string;
  readonly vmlinux: string;
  readonly systemMap: string;
  /** zdplace.ko; there is none if moduleError is set. */
  readonly module: string;
  /** First error line of the guest module's build. */
  readonly moduleError?: string;
  readonly testHmm?: string;
  /** Upstream's test program, static. */
  readonly hmmTests?: string;
  readonly hmmTestsError?: string;
  /** SHA-256 of the program; part of what identifies the upstream suite. */
  readonly hmmTestsHash?: string;
  readonly config: string;
  readonly configHash: string;
  readonly signature: string;
  readonly compiler: string;
  readonly release: string;
  readonly status: 'built' | 'cached';
  readonly durationMs: number;
  /** The part of durationMs that upstream's test program took; absent from the cache. */
  readonly hmmTestsMs?: number;
  /** Every file of the tree that the build read. */
  readonly sources: Set<string>;
  /** Options marked optional that this tree does not have. */
  readonly absentOptions: readonly string[];
}
