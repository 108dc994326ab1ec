/** The IANA time zone of a park, from its state as Retrosheet writes it, and its city where a state has two. */
const EASTERN = 'America/New_York';
const CENTRAL = 'America/Chicago';
const MOUNTAIN = 'America/Denver';
const PACIFIC = 'America/Los_Angeles';

const BY_STATE = new Map(
  Object.entries({
    ...zone(EASTERN, 'CT DC DE FL GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV'),
    ...zone(CENTRAL, 'AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI'),
    ...zone(MOUNTAIN, 'CO MT NM UT WY'),
    ...zone(PACIFIC, 'CA NV OR WA'),
    AK: 'America/Anchorage',
    AZ: 'America/Phoenix',
    HI: 'Pacific/Honolulu',
    ID: 'America/Boise',
    IN: 'America/Indiana/Indianapolis',
    KY: 'America/Kentucky/Louisville',
    MI: 'America/Detroit',
    PR: 'America/Puerto_Rico',
    ...zone('America/Toronto', 'ONT QUE'),
    ALB: 'America/Edmonton',
    BC: 'America/Vancouver',
    MAN: 'America/Winnipeg',
    MX: 'America/Monterrey',
    JAP: 'Asia/Tokyo',
    KOR: 'Asia/Seoul',
    UK: 'Europe/London',
    Australia: 'Australia/Sydney',
  }),
);

const BY_CITY = new Map(
  Object.entries({
    'Mexico City|MX': 'America/Mexico_City',
    'Covington|KY': EASTERN,
    'Ludlow|KY': EASTERN,
    'Knoxville|TN': EASTERN,
    'Chattanooga|TN': EASTERN,
    'Pensacola|FL': CENTRAL,
    'El Paso|TX': MOUNTAIN,
    'Gary|IN': CENTRAL,
    'Hammond|IN': CENTRAL,
    'Evansville|IN': CENTRAL,
  }),
);

/** Undefined where neither the state nor the city is known. */
export const timeZoneOf = (city: string, state: string): string | undefined =>
  BY_CITY.get(`${city}|${state}`) ?? BY_STATE.get(state);

function zone(name: string, states: string): Record<string, string> {
  return Object.fromEntries(states.split(' ').map((state) => [state, name]));
}
