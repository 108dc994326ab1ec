export { setAgeOfConsent } from './age.service.ts';
export { FAN_COLUMN_SCOPES, Fan } from './fan.entity.ts';
export { enrollFan } from './fans.service.ts';
