export { createPartner, openPartner } from './operator.service.ts';
export { Partner } from './partner.entity.ts';
