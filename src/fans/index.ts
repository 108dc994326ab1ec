export { Fan, FAN_COLUMN_SCOPES } from './fan.entity.ts';
