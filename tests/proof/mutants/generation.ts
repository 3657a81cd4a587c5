import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import vm from 'node:vm';
import { DIST } from './files.js';

/** The model with one file changed. */
export interface Changed {
  /** Below orchestrator/. */
  readonly file: string;
  readonly text: string;
}

const urlOf = (file: string): string => pathToFileURL(path.join(DIST, file)).href;

/** What every generation has of its own; everything else is loaded once for all. */
const OWN = [urlOf('orchestrator/model/'), urlOf('tests/unit/model/')];
const SUITE = urlOf('tests/harness/suite.js');
const FAST_SUITE = urlOf('tests/proof/mutants/fast-suite.js');

/** Modules that cannot change: packages, Node, the rest of the program. */
const shared = new Map<string, Promise<vm.Module>>();

async function share(specifier: string): Promise<vm.Module> {
  const namespace = (await import(specifier)) as Record<string, unknown>;
  return new vm.SyntheticModule(
    Object.keys(namespace),
    function () {
      for (const [name, value] of Object.entries(namespace)) this.setExport(name, value);
    },
    { identifier: specifier },
  );
}

/**
 * The model and its tests, loaded anew in this process: modules of an earlier generation know nothing of it. Starting a
 * process for each mutant would take longer than its tests. Needs node --experimental-vm-modules.
 */
export class Generation {
  readonly #changed: Changed | undefined;
  readonly #own = new Map<string, vm.SourceTextModule>();

  constructor(changed?: Changed) {
    this.#changed = changed;
  }

  /**
   * Loads a test file with what it imports.
   * @param file below dist/
   * @throws what its code throws
   */
  async load(file: string): Promise<void> {
    const module = this.#module(urlOf(file));
    await module.link(this.#link);
    await module.evaluate();
  }

  readonly #link = async (specifier: string, from: vm.Module): Promise<vm.Module> => {
    let url = specifier.startsWith('.') ? new URL(specifier, from.identifier).href : specifier;
    if (OWN.some((folder) => url.startsWith(folder))) return this.#module(url);
    if (url === SUITE) url = FAST_SUITE;
    let module = shared.get(url);
    if (module === undefined) shared.set(url, (module = share(url)));
    return module;
  };

  #module(url: string): vm.SourceTextModule {
    const known = this.#own.get(url);
    if (known !== undefined) return known;
    const file = fileURLToPath(url);
    const mine = this.#changed && path.join(DIST, 'orchestrator', this.#changed.file) === file;
    const text = mine ? this.#changed.text : readFileSync(file, 'utf8');
    const module = new vm.SourceTextModule(text, {
      identifier: url,
      initializeImportMeta: (meta: ImportMeta) => {
        Object.assign(meta, { url, filename: file, dirname: path.dirname(file) });
      },
    });
    this.#own.set(url, module);
    return module;
  }
}
