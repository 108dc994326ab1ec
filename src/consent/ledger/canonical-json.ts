/**
 * The JSON Canonicalization Scheme (RFC 8785): one sequence of bytes for one value, so that it can be hashed and signed
 * by anyone who holds the value. ECMAScript's own number and string forms are the ones that the RFC prescribes.
 */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** @throws TypeError for what has no canonical form: NaN, infinities, lone surrogates, undefined. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  switch (typeof value) {
    case 'object':
      return value === null ? 'null' : canonicalObject(value as { readonly [name: string]: Json });
    case 'string':
      if (!value.isWellFormed()) throw new TypeError('A lone surrogate has no canonical form.');
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('Only finite numbers have a canonical form.');
      return JSON.stringify(value);
    case 'boolean':
      return String(value);
    default:
      throw new TypeError(`A value of type ${typeof value} has no canonical form.`);
  }
}

/** Names are ordered by UTF-16 code units, which is how ECMAScript compares strings. */
function canonicalObject(value: { readonly [name: string]: Json }): string {
  const members = Object.keys(value)
    .sort()
    .map((name) => `${canonicalJson(name)}:${canonicalJson(value[name]!)}`);
  return `{${members.join(',')}}`;
}
