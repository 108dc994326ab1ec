-- The ledger's tables, as the entities declare them; the drift check compares the two.

create table "ledger_entry" (
  "id" bigserial primary key,
  "ciphertext" bytea not null,
  "leaf" bytea not null
);
alter table "ledger_entry" add constraint "ledger_entry_leaf_unique" unique ("leaf");

create table "ledger_opening" (
  "entry_id" bigint not null,
  "act_id" uuid not null,
  "fan_id" bigint not null,
  "salt" bytea not null,
  primary key ("entry_id")
);
create index "ledger_opening_fan_id_entry_id_index" on "ledger_opening" ("fan_id", "entry_id");
alter table "ledger_opening" add constraint "ledger_opening_act_id_unique" unique ("act_id");

create table "fan_key" (
  "fan_id" bigint not null,
  "wrapped" bytea not null,
  primary key ("fan_id")
);

create table "ledger_pending" (
  "entry_id" bigint not null,
  primary key ("entry_id")
);

create table "ledger_leaf" (
  "index" bigint not null,
  "entry_id" bigint not null,
  primary key ("index")
);
alter table "ledger_leaf" add constraint "ledger_leaf_entry_id_unique" unique ("entry_id");

create table "ledger_node" (
  "level" smallint not null,
  "index" bigint not null,
  "hash" bytea not null,
  primary key ("level", "index")
);

create table "ledger_head" (
  "size" bigint not null,
  "jws" text not null,
  "at" timestamptz(6) not null default app_now(),
  primary key ("size")
);

create trigger ledger_entry_append_only before update or delete or truncate on ledger_entry
for each statement execute function refuse_change();
create trigger ledger_leaf_append_only before update or delete or truncate on ledger_leaf
for each statement execute function refuse_change();
create trigger ledger_node_append_only before update or delete or truncate on ledger_node
for each statement execute function refuse_change();
create trigger ledger_head_append_only before update or delete or truncate on ledger_head
for each statement execute function refuse_change();
