import { isNumber, type Type, widest } from './values.ts';

/** Of which type the result of a function or an aggregate is, by the types of its arguments. */
export const always = (type: Type) => () => type;

export function first(types: readonly Type[]): Type {
  return types[0] ?? 'dynamic';
}

/** The type that several branches share. */
export function common(types: readonly Type[]): Type {
  const [one = 'dynamic'] = types;
  if (types.every((type) => type === one)) return one;
  if (types.every(isNumber)) return types.reduce(widest);
  const rest = types.filter((type) => type !== 'dynamic');
  return rest.length > 0 && rest.every((type) => type === rest[0]) ? (rest[0] ?? 'dynamic') : 'dynamic';
}
