import { literalOf } from '../literals.ts';
import type { Scalar } from '../scope.ts';
import { isToken, type Node } from '../syntax.ts';
import type { Value } from '../values.ts';

/** A property of a bag, or an element of an array. */
export function property(of: Scalar, name: Scalar): Scalar {
  return {
    type: 'dynamic',
    of: (row, place) => {
      const [value, key] = [of.of(row, place), name.of(row, place)];
      if (Array.isArray(value)) {
        const index = Number(key);
        return (value[index < 0 ? value.length + index : index] ?? null) as Value;
      }
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, String(key))) return null;
      return ((value as Record<string, unknown>)[String(key)] ?? null) as Value;
    },
  };
}

/** The name at the end of a path, whatever its notation. */
export function pathEnd(node: Node): Node {
  const literal = node.kind === 'BracketedName' ? node.children.find((child) => !isToken(child)) : undefined;
  const value = literal === undefined ? undefined : literalOf(literal)?.value;
  return value === undefined ? node : { ...node, text: String(value) };
}
