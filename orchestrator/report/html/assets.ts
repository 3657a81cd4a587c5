import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../../store/paths.js';

/** Parts of the script, in the order in which they stand in the page. */
const SCRIPTS = ['start.js', 'matrix.js', 'reading.js', 'grid.js', 'close-up.js', 'film.js', 'memory.js'];

function asset(name: string): string {
  return readFileSync(path.join(projectRoot(), 'orchestrator', 'report', 'html', 'assets', name), 'utf8');
}

/** Style and script of the page, and the words of a content security policy that admit just these. */
export interface Assets {
  readonly style: string;
  readonly script: string;
  readonly policy: string;
}

export function loadAssets(): Assets {
  const style = asset('page.css');
  const script = `(() => {\n'use strict';\n${SCRIPTS.map((name) => plain(asset(name))).join('')}})();\n`;
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${digest(style)}'`,
    `script-src 'sha256-${digest(script)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return { style, script, policy };
}

/** A module as a part of one script: its imports are the parts before it. */
function plain(module: string): string {
  return module.replace(/^import [^;]*;\n/gm, '').replace(/^export /gm, '');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
