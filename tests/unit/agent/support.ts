import * as assert from 'uvu/assert';
import { scratchDir } from '../../harness/temp.js';
import { compileAgent, LocalAgent, type Json } from './local-agent.js';

export interface Agents {
  /** For `test.before`: compiles the agent. */
  readonly compile: () => Promise<void>;
  /** For `test.after.each`: ends what the test has started. */
  readonly killAll: () => void;
  /** Path of the program. */
  readonly binary: () => string;
  readonly start: () => Promise<{ agent: LocalAgent; hello: Json }>;
  /** An agent with a mapping `a` of so many pages, filled with seed 7. Ids 1 and 2 are used. */
  readonly withMapping: (pages: number) => Promise<LocalAgent>;
}

/** Agents that run on this machine, which has no /dev/zdplace. */
export function agents(): Agents {
  let binary = '';
  const started: LocalAgent[] = [];
  const start = async (): Promise<{ agent: LocalAgent; hello: Json }> => {
    const agent = new LocalAgent(binary);
    started.push(agent);
    return { agent, hello: await agent.line() };
  };
  return {
    compile: async () => {
      binary = await compileAgent(scratchDir('agent'));
    },
    killAll: () => {
      for (const agent of started.splice(0)) agent.kill();
    },
    binary: () => binary,
    start,
    withMapping: async (pages) => {
      const { agent } = await start();
      assert.is((await agent.ask({ id: 1, op: 'mmap', name: 'a', pages })).ok, true);
      assert.is((await agent.ask({ id: 2, op: 'fill', name: 'a', seed: 7 })).ok, true);
      return agent;
    },
  };
}

export function refused(reply: Json, errno: string, words: RegExp): void {
  assert.is(reply.ok, false);
  assert.is(reply.errno, errno);
  assert.match(String(reply.error), words);
}

/** State of each page of a mapping, as `usermap` says it. */
export function statesOf(reply: Json): string[] {
  return (reply.pages as Json[]).flatMap(({ n, state }) =>
    Array.from({ length: Number(n) }, () => String(state)),
  );
}
