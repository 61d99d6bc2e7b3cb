import { NotEvaluatedError } from '../errors.ts';
import type { Node } from '../syntax.ts';

/** An operand that has to be there. @throws NotEvaluatedError */
export function only(node: Node | undefined, parent: Node): Node {
  if (node === undefined) throw new NotEvaluatedError(`${parent.kind} (${parent.text})`);
  return node;
}
