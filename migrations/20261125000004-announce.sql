-- What an announcement to a full stadium pays per fan, and nobody used (docs/adr/0019-announcing.md).

-- Announcements and offers are never deleted, and a delivery is inserted by the statement that has just locked both: to
-- look each of them up once more for every fan is what a third of that statement went to. The fan's key stays, for fans
-- go, and their deliveries with them.
alter table "delivery" drop constraint "delivery_announcement_id_foreign";
alter table "delivery" drop constraint "delivery_offer_id_foreign";

-- Deliveries are asked for by offer and fan, or by fan.
drop index "delivery_announcement_id_fan_id_index";

-- The grants of 40,000 fans are grouped in memory and not in files; compiling one statement costs more than it saves.
alter function announcement_audience(bigint, bigint[]) set work_mem = '64MB';
alter function announcement_audience(bigint, bigint[]) set jit = off;
