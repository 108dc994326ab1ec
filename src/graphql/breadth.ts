/**
 * How wide an operation is: its aliases and the fields of its root, each counted as often as fragments bring it in. A
 * fragment is counted once and its number multiplied, so that fragments which double each other cost no time.
 */
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

export interface Breadth {
  readonly aliases: number;
  readonly rootFields: number;
}

const KNOWN = new WeakMap<OperationDefinitionNode, Breadth>();

/** Of a valid document: its fragments are there, and none holds itself. */
export function breadthOf(document: DocumentNode, operation: OperationDefinitionNode): Breadth {
  const known = KNOWN.get(operation);
  if (known) return known;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const ofFragments = new Map<string, Breadth>();
  const ofFragment = (name: string): Breadth => {
    const counted = ofFragments.get(name);
    if (counted) return counted;
    const fragment = fragments.get(name);
    const breadth = fragment ? count(fragment.selectionSet) : NONE;
    ofFragments.set(name, breadth);
    return breadth;
  };
  const count = ({ selections }: SelectionSetNode): Breadth => {
    let [aliases, rootFields] = [0, 0];
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        rootFields += 1;
        aliases += (selection.alias ? 1 : 0) + (selection.selectionSet ? count(selection.selectionSet).aliases : 0);
      } else {
        const spread =
          selection.kind === Kind.FRAGMENT_SPREAD ? ofFragment(selection.name.value) : count(selection.selectionSet);
        aliases += spread.aliases;
        rootFields += spread.rootFields;
      }
    }
    return { aliases, rootFields };
  };
  const breadth = count(operation.selectionSet);
  KNOWN.set(operation, breadth);
  return breadth;
}

const NONE: Breadth = { aliases: 0, rootFields: 0 };
