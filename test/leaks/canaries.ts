/**
 * What must appear nowhere: every value that the database holds about one fan and about nobody else, found in the
 * columns themselves, so that a new column is a canary without a line of test; and the fan's ids as each recipient
 * knows them.
 */
import type { MikroORM } from '@mikro-orm/postgresql';

export interface Canary {
  readonly value: string | number;
  /** Table and column, or what else it is. */
  readonly origin: string;
  /** The scopes of which any one lets it be seen, where that is known without asking the server's code. */
  readonly anyOf?: readonly string[];
  /** A public fact, such as a zone's name, that is personal only as the answer to a question about the fan. */
  readonly isPublic?: true;
}

/** What the suite knows by itself; every other column is judged by the place where its value turns up. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  'fan.display_name': ['PROFILE'],
  'fan.email': ['PROFILE'],
  'fan.birth_year': ['PROFILE'],
  'visit.arrived_at': ['HISTORY_ATTENDANCE', 'PRESENCE_VENUE'],
};

/** Shorter ones may turn up by chance. */
const SHORTEST = 8;
/** Instants of the run itself may coincide; the suite dates what it stores far enough back. */
const DISTINCTIVE_AGE_MS = 10 * 60_000;

interface Column {
  table_name: string;
  column_name: string;
  udt_name: string;
}

export async function findCanaries(orm: MikroORM, fanId: string): Promise<Canary[]> {
  const found: Canary[] = [];
  for (const { table_name: table, column_name: column, udt_name: type } of await personalColumns(orm)) {
    const owner = table === 'fan' ? 'id' : 'fan_id';
    const rows = await orm.em.fork().execute<{ value: string | number | Date }[]>(`
      select distinct "${column}" as value from "${table}" mine where "${owner}" = ${fanId} and "${column}" is not null
        and not exists (select 1 from "${table}" other
          where other."${owner}" <> ${fanId} and other."${column}" = mine."${column}")`);
    for (const { value } of rows) {
      const canary = distinctive(value, type);
      const origin = `${table}.${column}`;
      if (canary !== null) found.push({ value: canary, origin, anyOf: SCOPES[origin] });
    }
  }
  return found;
}

/**
 * Fills the columns of a fan that the API has no word for yet, so that a field over them would have something to leak.
 * Keys and instants are left alone: they mean something to the rule.
 */
export async function fillUnknownColumns(orm: MikroORM, fanId: string, token: string, distinct: number): Promise<void> {
  const columns = (await personalColumns(orm)).filter(({ table_name: table }) => table === 'fan');
  for (const { column_name: column, udt_name: type } of columns) {
    if (column.endsWith('_id')) continue;
    const value = { text: `'${token}-${column}'`, int2: distinct, int4: 1_700_000_000 + distinct }[type];
    if (value === undefined) continue;
    const update = `update fan set "${column}" = ${value} where id = ${fanId} and "${column}" is null`;
    await orm.em
      .fork()
      .execute(update)
      .catch(() => {}); // a column with a rule of its own stays empty
  }
}

/** Whether a value holds a canary. A number counts only as a whole, or as a word of a sentence. */
export function holds(value: unknown, { value: canary }: Canary): boolean {
  if (typeof canary === 'string') return typeof value === 'string' && value.includes(canary);
  if (typeof value === 'number') return value === canary;
  if (typeof value !== 'string') return false;
  return value === String(canary) || (value.includes(' ') && new RegExp(`\\b${canary}\\b`).test(value));
}

/** Every value within, with the way to it; keys are values too. */
export function* leavesOf(value: unknown, path = ''): Generator<[string, unknown]> {
  if (typeof value !== 'object' || value === null) {
    yield [path, value];
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (!Array.isArray(value)) yield [path, key];
    yield* leavesOf(inner, `${path}.${key}`);
  }
}

function distinctive(value: string | number | Date, type: string): string | number | null {
  if (type === 'timestamptz') {
    const at = new Date(value);
    return Date.now() - at.getTime() > DISTINCTIVE_AGE_MS ? at.toISOString() : null;
  }
  if (typeof value === 'number') return value;
  return String(value).length >= SHORTEST ? String(value) : null;
}

/** Keys are left out: they are small numbers, and leave only sealed. */
async function personalColumns(orm: MikroORM): Promise<Column[]> {
  return orm.em.fork().execute<Column[]>(`
    select c.table_name, c.column_name, c.udt_name from information_schema.columns c
    join information_schema.tables t on t.table_name = c.table_name and t.table_schema = c.table_schema
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and t.table_name !~ '^presence_'
      and c.udt_name in ('text', 'varchar', 'int2', 'int4', 'timestamptz', 'uuid')
      and not (c.udt_name in ('int2', 'int4') and c.table_name <> 'fan')
      and (c.table_name = 'fan' or exists (select 1 from information_schema.columns f
        where f.table_schema = c.table_schema and f.table_name = c.table_name and f.column_name = 'fan_id'))
    order by 1, 2`);
}
