drop function campaign_rehearsal;
drop table dry_run;
drop function partner_audience_size;
drop function partner_audience;
