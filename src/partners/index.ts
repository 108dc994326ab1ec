export { Partner } from './partner.entity.ts';
