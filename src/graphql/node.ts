/**
 * `Node` and `node(id)`. Types register how they are found; a malformed, unknown, erased or forbidden id answers null
 * by the same path: parse, load, ask the gate.
 */
import { brandWithType } from '@pothos/core';
import type { ConsentScope, ConsentSubject } from '../consent/index.ts';
import type { Context } from '../context.ts';
import { builder } from './builder.ts';
import type { NodeType } from './ids.ts';

export interface NodeFinder<T extends object> {
  load: (context: Context, key: string) => Promise<T | null>;
  /** For things about a fan: who, and the scopes of which any one opens it. Empty: seeing the fan suffices. */
  gate?: (value: T, context: Context) => Promise<{ subject: ConsentSubject; anyOf: readonly ConsentScope[] }>;
  /** For things that belong to one viewer without being about a fan. */
  visible?: (value: T, context: Context) => boolean;
}

const finders = new Map<NodeType, NodeFinder<object>>();

export const Node = builder.interfaceRef<object>('Node').implement({
  description: 'Anything with a global id.',
  fields: (t) => ({ id: t.id({ resolve: () => '' }) }),
});

export function registerNode<T extends object>(type: NodeType, finder: NodeFinder<T>): void {
  finders.set(type, finder as unknown as NodeFinder<object>);
}

export async function findNode(context: Context, id: string): Promise<object | null> {
  const reference = context.ids.parse(id);
  const finder = reference && finders.get(reference.type);
  const value = finder ? await finder.load(context, reference.key) : null;
  if (!value || finder?.visible?.(value, context) === false) return null;
  if (finder?.gate) {
    const { subject, anyOf } = await finder.gate(value, context);
    const shown = await Promise.all(anyOf.map((scope) => context.consent.shows(subject, scope)));
    const open = anyOf.length === 0 ? await context.consent.sees(subject) : shown.includes(true);
    if (!open) return null;
  }
  brandWithType(value, reference!.type as never);
  return value;
}

builder.queryField('node', (t) =>
  t.field({
    type: Node,
    nullable: true,
    description: 'Whatever has this id, where the viewer may see it; null otherwise, for whatever reason.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) => findNode(context, id),
  }),
);
