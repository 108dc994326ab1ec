export { Sensor, Staff } from './device.entity.ts';
export { GAME_STATUSES, Game, type GameStatus, isOver, Team } from './game.entity.ts';
export { findGameAt, GATES_OPEN_BEFORE_START_MS } from './going-on.ts';
export { addSensor, addStaff, createGame, createVenue, createZone } from './operator.service.ts';
export { REPLAY_STAFF, type Replay, replayGame } from './replay.service.ts';
export { findShop, openDays, openShop, type Shop } from './shop.service.ts';
export { Venue, ZONE_KINDS, Zone, type ZoneKind } from './venue.entity.ts';
