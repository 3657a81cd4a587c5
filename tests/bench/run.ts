import { EXIT } from '../../orchestrator/process/errors.js';
import { supervise } from '../../orchestrator/process/signals.js';
import { benchModel } from './model.js';
import { benchRestore } from './restore.js';
import { benchRunVsMake } from './run-vs-make.js';

/** `npm run bench`: all benchmarks; `npm run bench -- model`, `-- restore` or `-- run-vs-make` one of them. Bad where one misses its limit. */

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const BENCHES: Readonly<Record<string, (signal: AbortSignal) => boolean | Promise<boolean>>> = {
  model: () => benchModel(say),
  restore: (signal) => benchRestore(say, signal),
  'run-vs-make': () => {
    benchRunVsMake(say);
    return true;
  },
};

await supervise(async ({ signal }) => {
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !(name in BENCHES));
  if (unknown !== undefined) {
    process.stderr.write(`no benchmark ${unknown}; there are: ${Object.keys(BENCHES).join(', ')}\n`);
    return EXIT.usage;
  }
  const names = asked.length > 0 ? asked : Object.keys(BENCHES);
  let good = true;
  // One after the other: they share the machine.
  for (const name of names) good = ((await BENCHES[name]?.(signal)) ?? false) && good;
  return good ? EXIT.good : EXIT.bad;
});
