export { setAgeOfConsent } from './age.service.ts';
export { asCaptured } from './captured.ts';
export { FAN_COLUMN_SCOPES, Fan } from './fan.entity.ts';
export { enrollFan } from './fans.service.ts';
export { enrollMembers, type NewMember } from './members.service.ts';
