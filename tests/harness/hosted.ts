import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { THROUGH } from './host.js';
import { hosted } from './registry.js';

/**
 * The process that host.ts gives test files to: for each line of its stdin, `{"file", "reportFile"}`, it runs the file, says
 * that it is through, and takes the next; an empty line is the end.
 */

// As uvu's own command line does it, before uvu is loaded: run() of a suite only queues it, and exec() runs the queue.
const uvu = Object.assign(globalThis, { UVU_DEFER: 1, UVU_INDEX: 0, UVU_QUEUE: [] as unknown[][] });
const { exec } = await import('uvu');

for await (const line of createInterface({ input: process.stdin })) {
  if (line === '') break;
  const { file, reportFile } = JSON.parse(line) as { file: string; reportFile: string };
  uvu.UVU_QUEUE.length = 0;
  uvu.UVU_QUEUE.push([null]);
  const exitCode = await hosted(reportFile, async () => {
    await import(pathToFileURL(file).href);
    await exec();
  });
  const uvuSays = process.exitCode ?? 0;
  process.exitCode = 0;
  process.stdout.write(`\n${THROUGH}${exitCode === 0 ? uvuSays : exitCode}\n`);
}
// The pipe stays open at its other end and would keep the process.
process.stdin.destroy();
