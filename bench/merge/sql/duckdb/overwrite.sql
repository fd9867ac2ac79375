create or replace table line as
select * from increment
