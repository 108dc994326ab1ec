export { Sensor, Staff } from './device.entity.ts';
export { GAME_STATUSES, Game, type GameStatus, isOver, Team } from './game.entity.ts';
export { Venue, ZONE_KINDS, Zone, type ZoneKind } from './venue.entity.ts';
