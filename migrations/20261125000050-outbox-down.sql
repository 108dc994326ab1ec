alter table engagement drop column xid;
alter table announcement drop column xid;
alter table installation rename column key to generation;
drop function outbox_generations, outbox_enter, outbox_current, outbox_turn, outbox_open;

alter table outbox rename to outbox_parted;
alter sequence outbox_id_seq owned by none;
create table "outbox" (
  "id" bigint not null default nextval('outbox_id_seq') primary key,
  "xid" xid8 not null default pg_current_xact_id(),
  "topic" text not null,
  "kind" text not null,
  "payload" jsonb not null,
  "at" timestamptz(6) not null default app_now()
);
alter sequence outbox_id_seq owned by outbox.id;
create index "outbox_xid_id_index" on "outbox" ("xid", "id");
create index "outbox_topic_xid_id_index" on "outbox" ("topic", "xid", "id");
create index "outbox_at_index" on "outbox" ("at");
insert into outbox (id, xid, topic, kind, payload, at) select id, xid, topic, kind, payload, at from outbox_parted;
drop table outbox_parted, outbox_partition, outbox_generation;
