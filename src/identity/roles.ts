/** Roles as preconditions of a service: each returns the viewer, narrowed, or throws a coded AccessError. */
import { AccessError } from '../errors.ts';
import type { Role, Viewer } from './viewer.ts';

export function requireRole<R extends Role>(viewer: Viewer, role: R): Extract<Viewer, { role: R }> {
  if (viewer.role === role) return viewer as Extract<Viewer, { role: R }>;
  if (viewer.role === 'ANONYMOUS') throw new AccessError('UNAUTHENTICATED', 'Sign in first: no token was sent.');
  throw new AccessError('FORBIDDEN', `This is for the role ${role}.`);
}

export function requireFan(viewer: Viewer): { fanId: string; subject: string } {
  const { fanId, subject } = requireRole(viewer, 'FAN');
  if (fanId === null) throw new AccessError('NOT_ENROLLED', 'Enroll first.');
  return { fanId, subject };
}
