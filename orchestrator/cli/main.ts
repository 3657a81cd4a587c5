import { setFlagsFromString } from 'node:v8';
import { supervise } from '../process/signals.js';

// A run is over before optimised code pays: what is inlined into it is compiled over and over, for a tenth of the run's
// processor time, on the cores that the guests need (docs/architecture.md).
setFlagsFromString('--max-inlined-bytecode-size-cumulative=100');

// Imported late: a module that cannot be loaded must end in 128, and node's own answer to it would be 1, "bad".
await supervise(async (supervision) => {
  const { main } = await import('./program.js');
  return main(process.argv, supervision);
});
