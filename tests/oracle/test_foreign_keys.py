"""FOREIGN KEY against PostgreSQL: what each statement gives, and all fields of the errors."""

from __future__ import annotations

import pytest

from tests.oracle.sides import Postgres, Vecsql

TABLES = """
        create table p(id int primary key, a int, b text, unique(a,b));
        create table c(id int primary key, pid int references p, x int, y text, foreign key (x,y) references p(a,b) on update cascade on delete set null);
        create table d(id bigint primary key, pid bigint default 1 references p(id) on delete cascade);
        create table e(id int primary key, did int references d on delete cascade, cid int references c on delete restrict);
        create table s(id int primary key, parent int references s(id) deferrable initially deferred);
"""

SCRIPTS = {
    "rows": TABLES
    + """
        insert into p values (1,1,'a'),(2,2,'b'),(3,3,'c'),(4,4,'d');
        insert into c values (1,9,null,null);
        insert into c values (1,1,1,'a'),(2,2,2,'b'),(3,null,3,null);
        insert into c values (9,1,1,'zz');
        insert into d values (1,3),(2,3),(3,4);
        insert into d values (5,77);
        insert into e values (1,1,1),(2,2,null),(3,3,null);
        update c set pid=8 where id=1;
        update c set x=8 where id=1;
        delete from p where id=1;
        delete from p where id=2;
        delete from p where id=3;
        select * from d order by 1;
        select * from e order by 1;
        update p set a=10 where id=1;
        select * from c order by id;
        update p set id=100 where id=1;
        delete from c where id=1;
        insert into e values (4,null,1);
        delete from c where id=1;
        insert into s values (1,1),(2,1);
        insert into s values (5,99);
        begin;
        insert into s values (3,4);
        insert into s values (4,3);
        commit;
        begin;
        insert into s values (6,7);
        set constraints all immediate;
        rollback;
        begin;
        set constraints all immediate;
        insert into s values (6,7);
        rollback;
        begin;
        insert into s values (6,7);
        delete from s where id=6;
        commit;
        begin;
        delete from s where id=1;
        insert into s values (1,null);
        commit;
        begin;
        delete from s where id=1;
        commit;
        delete from s;
        truncate p;
        truncate p, c, d, e;
        insert into p values (1,1,'a');
        insert into p values (1,1,'a') on conflict (id) do update set a=2;
        insert into d values (1,1);
        drop table p;
        alter table p drop column id;
        alter table p drop constraint p_pkey;
        drop table if exists zz, p cascade;
        insert into d values (2,1000);
        select conname, conrelid::regclass, confrelid::regclass, conkey, confkey, confupdtype, confdeltype, confmatchtype, condeferrable, condeferred, pg_get_constraintdef(oid) from pg_constraint where contype = 'f' order by 1;
    """,
    "definitions": """
        create table d(id bigint primary key, pid bigint);
        create table q(id int primary key, t text);
        insert into q values (1,'x');
        alter table d add constraint dq foreign key (pid) references q(id) match simple on delete no action on update restrict not deferrable;
        truncate d;
        insert into d values (1,1);
        alter table d add constraint dq foreign key (pid) references q(id) match simple on delete no action on update restrict not deferrable;
        alter table d add constraint dq foreign key (pid) references q(id);
        alter table d add column z int constraint zfk references q(id) deferrable;
        select relname, relhastriggers from pg_class where relname in ('d', 'q') order by 1;
        select constraint_name, unique_constraint_name, match_option, update_rule, delete_rule from information_schema.referential_constraints order by 1;
        update q set id=3;
        create table bad(a text references q);
        create table bad(a int references q(t));
        create table bad(a int, foreign key (b) references q);
        create table bad(a int references nope);
        create table bad(a int references q(nope));
        alter table d drop constraint dq;
        delete from q;
        insert into q values (5,'q');
        begin;
        update d set z=5;
        delete from q where id=5;
        set constraints zfk deferred;
        delete from q where id=5;
        rollback;
        begin;
        set constraints zfk deferred;
        delete from q;
        insert into d values(7,null,9);
        set constraints zfk immediate;
        commit;
        truncate q cascade;
        drop table q;
        drop table d, q cascade;
    """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_same_as_postgres(name: str, postgres: Postgres, vecsql: Vecsql) -> None:
    for statement in SCRIPTS[name].split(";"):
        if statement.strip():
            expected, found = postgres.run(statement.strip()), vecsql.run(statement.strip())
            assert found == expected, statement
