import { supervise } from '../process/signals.js';

// Imported late: a module that cannot be loaded must end in 128, and node's own answer to it would be 1, "bad".
await supervise(async (supervision) => {
  const { main } = await import('./program.js');
  return main(process.argv, supervision);
});
