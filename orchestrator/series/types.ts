/** One patch of a series: a mail with a diff, or a commit of a range. */
export interface Patch {
  /** 1 for the first patch. */
  readonly index: number;
  /** Without "[PATCH …]". */
  readonly subject: string;
  /** "Name <address>". */
  readonly author: string;
  /** Seconds since the epoch and zone as git takes them: "@1768212000 +0000". */
  readonly date: string;
  readonly messageId?: string;
  /** Body of the commit message, without the subject. */
  readonly message: string;
  /** The whole mail as text, for a reader; what is applied is `diff`. */
  readonly mail: string;
  /** The diff as bytes: a patch need not be UTF-8. */
  readonly diff: Uint8Array;
  /** 0 for a diff without a/ and b/ in front of its paths. */
  readonly strip: 0 | 1;
  /** Every path that the diff names, old and new, sorted. */
  readonly files: readonly string[];
  readonly preimages: readonly Preimage[];
  /** `git patch-id --stable`; empty for a patch without changes. */
  readonly patchId: string;
  /** SHA256 of the mail as it came, in hex: what `sha256sum` says of a file of `git format-patch`. Commits of a range have none. */
  readonly sha256?: string;
}

/** The file that a diff was made against: `index <blob>..` below `--- a/<path>`. */
export interface Preimage {
  readonly path: string;
  /** Abbreviated blob hash. */
  readonly blob: string;
}

export interface Series {
  /** What the user gave, or "work tree". */
  readonly source: string;
  readonly title: string;
  readonly version: number;
  readonly patches: readonly Patch[];
  readonly baseCommit?: string;
  readonly coverLetter?: string;
  /** Of the cover letter, else of the first patch; `subject` is its header with all marks. */
  readonly messageId?: string;
  readonly subject?: string;
  readonly author?: string;
  /** Set for `A..B`: the commits themselves, oldest first, and the commit below them. */
  readonly range?: Range;
  /** Said to the user: "2 replies left out", "v1 left out, v2 taken". */
  readonly notes: readonly string[];
}

export interface Range {
  readonly from: string;
  readonly commits: readonly string[];
}

/** What `--tree` (or a managed source) turned out to be. All paths are absolute. */
export type Tree =
  | {
      readonly kind: 'git';
      readonly path: string;
      /** Per work tree: HEAD and index. */
      readonly gitDir: string;
      /** Shared by linked work trees: refs, shallow file. */
      readonly commonDir: string;
      readonly objects: string;
      /** Absent in a bare repository. */
      readonly workTree?: string;
    }
  | { readonly kind: 'plain'; readonly path: string };

/** A bare repository of ours that borrows the objects of the tree it was made for. */
export interface Clone {
  readonly gitDir: string;
  readonly tree: Tree;
  /** Commit that stands for the tree: its HEAD, or the import of a plain directory. Absent before the first commit. */
  readonly head?: string;
  readonly notes: readonly string[];
}

export interface Base {
  readonly commit: string;
  /** `git describe`, or the version in the Makefile with the short hash. */
  readonly describe: string;
  /** One phrase: "--base v7.2", "base-commit: trailer", "inferred: 4 of 4 blob hashes match", "head of the tree". */
  readonly foundBy: string;
  readonly notes: readonly string[];
}

/** A commit that can be built. Index 0 is the base. */
export interface AppliedPoint {
  readonly index: number;
  readonly commit: string;
  readonly tree: string;
  readonly subject: string;
  readonly patchId?: string;
  /** Paths that differ from the point before; for index 0 those with uncommitted changes. */
  readonly changed: readonly string[];
  /** Said to the user: "applied by a three-way merge". */
  readonly note?: string;
}

export interface ApplyFailure {
  readonly index: number;
  readonly subject: string;
  readonly gitSays: string;
}

/** `points` are those above the base, up to the patch before the one that failed. */
export interface ApplyOutcome {
  readonly points: readonly AppliedPoint[];
  readonly failed?: ApplyFailure;
}
