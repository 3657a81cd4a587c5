/** A value as YAML's flow style has it, for a reader: `{ pfn: 0, to: [1, 2] }`. */
export function inFlowStyle(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inFlowStyle).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const parts = Object.entries(value).map(([key, part]) => `${key}: ${inFlowStyle(part)}`);
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}
