/**
 * Room for the states of the chunk that one test after the other went through. Each is 128 KiB, and a page tells of thousands:
 * made anew, they cost more in collecting than all that is found out from them.
 */
export class ChunkPool {
  readonly #all: Uint8Array[] = [];
  #used = 0;

  /** The bytes as they are now; good until `reuse()`. */
  copy(bytes: Uint8Array): Uint8Array {
    const known = this.#all[this.#used];
    const copy = known?.length === bytes.length ? known : bytes.slice();
    if (copy === known) copy.set(bytes);
    this.#all[this.#used++] = copy;
    return copy;
  }

  /** Nobody looks at the copies made so far any more. */
  reuse(): void {
    this.#used = 0;
  }
}
