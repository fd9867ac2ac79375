insert into line
select * from increment
