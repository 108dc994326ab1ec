/** Who makes the request, as a verified token says. */
export type Viewer =
  | { readonly role: 'ANONYMOUS' }
  /** Enrolling sets `fanId`, so that its own answer already sees the fan; `partnersVetoed` saves asking again. */
  | { readonly role: 'FAN'; readonly subject: string; fanId: string | null; partnersVetoed?: boolean }
  | { readonly role: 'PARTNER'; readonly partnerId: string }
  | { readonly role: 'STAFF'; readonly subject: string; readonly venueIds: readonly string[] }
  | { readonly role: 'DEVICE'; readonly sensorId: string; readonly venueId: string };

export const ROLES = ['ANONYMOUS', 'FAN', 'PARTNER', 'STAFF', 'DEVICE'] as const;
export type Role = (typeof ROLES)[number];

export const ANONYMOUS: Viewer = { role: 'ANONYMOUS' };
