export { CHECK_IN_METHODS, type CheckInMethod, Visit } from './visit.entity.ts';
export { checkIn } from './visits.service.ts';
