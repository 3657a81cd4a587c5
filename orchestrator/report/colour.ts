export type Shade = 'good' | 'bad' | 'warn' | 'dim' | 'bold';

export type Paint = (shade: Shade, text: string) => string;

const CODES: Readonly<Record<Shade, readonly [number, number]>> = {
  good: [32, 39],
  bad: [31, 39],
  warn: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** Whether output may have colour: not with NO_COLOR, TERM=dumb, in CI, or where nobody sees it. */
export function wantsColour(
  env: Readonly<Record<string, string | undefined>>,
  stream: { readonly isTTY?: boolean },
): boolean {
  if (stream.isTTY !== true || env['TERM'] === 'dumb') return false;
  return !isSet(env['NO_COLOR']) && !isSet(env['CI']);
}

/** A painter; without colour it gives the text as it is. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_shade, text) => text;
  return (shade, text) => {
    const [on, off] = CODES[shade];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}
