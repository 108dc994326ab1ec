alter function announcement_audience(bigint, bigint[]) reset work_mem;
alter function announcement_audience(bigint, bigint[]) reset jit;
create index "delivery_announcement_id_fan_id_index" on "delivery" ("announcement_id", "fan_id");
alter table "delivery" add constraint "delivery_announcement_id_foreign" foreign key ("announcement_id") references "announcement" ("id");
alter table "delivery" add constraint "delivery_offer_id_foreign" foreign key ("offer_id") references "offer" ("id");
