import type { ConsentScope, ConsentSubject } from '../../consent/index.ts';

/** Finds the fan whom a parent value is about; null denies every gated field. */
export type FindSubject<Shape, Context> = (parent: Shape, context: Context) => ConsentSubject | null;

/** Every field of a subject type says which scope gates it, or `null`: open to whoever may reach the parent. */
export interface ConsentFieldOptions {
  consent: ConsentScope | null;
  /** The right of access is not consent: answers the fan and nobody else. */
  selfOnly?: true;
}
