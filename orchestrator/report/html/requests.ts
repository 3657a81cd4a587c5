import type { Operation } from '../../model/operation.js';
import type { Request } from '../../scenario/protocol.js';

/** A request of the journal on page metadata as the operation that it is; undefined for any other. */
export function requestToOp(request: Request): Operation | undefined {
  const number = (key: string): number => Number(request[key] ?? 0);
  const pfn = number('pfn');
  switch (request.op) {
    case 'init': {
      const { unlock, zdd } = request;
      return {
        op: 'init',
        pfn,
        order: number('order'),
        unlock: unlock === 'none' || unlock === 'folio' ? unlock : 'page',
        rmappable: request['rmappable'] !== false,
        ...(typeof zdd === 'string' ? { zdd: BigInt(zdd) } : {}),
      };
    }
    case 'unlock':
    case 'free':
      return { op: request.op, pfn, how: request['how'] === 'folio' ? 'folio' : 'page' };
    case 'poke':
      return {
        op: 'poke',
        pfn,
        byte: number('byte'),
        size: number('size'),
        value: typeof request['value'] === 'string' ? BigInt(request['value']) : 0n,
      };
    default:
      return undefined;
  }
}
