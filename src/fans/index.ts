export { Fan, FAN_COLUMN_SCOPES } from './fan.entity.ts';
export { enrollFan } from './fans.service.ts';
