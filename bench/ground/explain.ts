/** Where an announcement's time goes in PostgreSQL: the plans of its statements, with what functions did inside. */
import { Client } from 'pg';

/** The newest announcement's deliveries, made again inside a transaction that is taken back. */
export async function explainAnnouncement(databaseUrl: string): Promise<string[]> {
  const client = new Client({ connectionString: databaseUrl });
  const lines: string[] = [];
  client.on('notice', ({ message }) => lines.push(message ?? ''));
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`load 'auto_explain'`);
    await client.query('set local auto_explain.log_min_duration = 5');
    await client.query('set local auto_explain.log_nested_statements = on');
    await client.query('set local auto_explain.log_analyze = on');
    await client.query('set local auto_explain.log_buffers = on');
    await client.query('set local auto_explain.log_triggers = on');
    await client.query('set local client_min_messages = log');
    const { rows } = await client.query('select max(id) as id from announcement');
    await client.query('delete from delivery where announcement_id = $1', [rows[0].id]);
    lines.length = 0;
    await client.query(
      `insert into delivery (announcement_id, offer_id, fan_id, lineages)
       select $1::bigint, (select offer_id from announcement where id = $1::bigint), fan_id, lineages
       from announcement_audience($1::bigint, null) on conflict (offer_id, fan_id) do nothing`,
      [rows[0].id],
    );
    await client.query('rollback');
  } finally {
    await client.end();
  }
  return lines;
}
