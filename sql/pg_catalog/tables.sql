-- The tables of pg_catalog: columns as in PostgreSQL 18, and the OID of each relation.
-- vecsql/catalog fills them; those of features that vecsql lacks are empty. Two columns that PostgreSQL 17
-- renamed are kept at the end, always NULL: psql 15 and 16 ask for them (daticulocale, colliculocale).

CREATE TABLE pg_catalog.pg_aggregate ( -- 2600
    aggfnoid regproc, aggkind "char", aggnumdirectargs smallint, aggtransfn regproc, aggfinalfn
    regproc, aggcombinefn regproc, aggserialfn regproc, aggdeserialfn regproc, aggmtransfn
    regproc, aggminvtransfn regproc, aggmfinalfn regproc, aggfinalextra boolean, aggmfinalextra
    boolean, aggfinalmodify "char", aggmfinalmodify "char", aggsortop oid, aggtranstype oid,
    aggtransspace integer, aggmtranstype oid, aggmtransspace integer, agginitval text,
    aggminitval text
);

CREATE TABLE pg_catalog.pg_am ( -- 2601
    oid oid, amname name, amhandler regproc, amtype "char"
);

CREATE TABLE pg_catalog.pg_amop ( -- 2602
    oid oid, amopfamily oid, amoplefttype oid, amoprighttype oid, amopstrategy smallint,
    amoppurpose "char", amopopr oid, amopmethod oid, amopsortfamily oid
);

CREATE TABLE pg_catalog.pg_amproc ( -- 2603
    oid oid, amprocfamily oid, amproclefttype oid, amprocrighttype oid, amprocnum smallint,
    amproc regproc
);

CREATE TABLE pg_catalog.pg_attrdef ( -- 2604
    oid oid, adrelid oid, adnum smallint, adbin pg_node_tree
);

CREATE TABLE pg_catalog.pg_attribute ( -- 1249
    attrelid oid, attname name, atttypid oid, attlen smallint, attnum smallint, atttypmod
    integer, attndims smallint, attbyval boolean, attalign "char", attstorage "char",
    attcompression "char", attnotnull boolean, atthasdef boolean, atthasmissing boolean,
    attidentity "char", attgenerated "char", attisdropped boolean, attislocal boolean,
    attinhcount smallint, attcollation oid, attstattarget smallint, attacl aclitem[], attoptions
    text[], attfdwoptions text[], attmissingval anyarray
);

CREATE TABLE pg_catalog.pg_auth_members ( -- 1261
    oid oid, roleid oid, member oid, grantor oid, admin_option boolean, inherit_option boolean,
    set_option boolean
);

CREATE TABLE pg_catalog.pg_authid ( -- 1260
    oid oid, rolname name, rolsuper boolean, rolinherit boolean, rolcreaterole boolean,
    rolcreatedb boolean, rolcanlogin boolean, rolreplication boolean, rolbypassrls boolean,
    rolconnlimit integer, rolpassword text, rolvaliduntil timestamp with time zone
);

CREATE TABLE pg_catalog.pg_cast ( -- 2605
    oid oid, castsource oid, casttarget oid, castfunc oid, castcontext "char", castmethod "char"
);

CREATE TABLE pg_catalog.pg_class ( -- 1259
    oid oid, relname name, relnamespace oid, reltype oid, reloftype oid, relowner oid, relam
    oid, relfilenode oid, reltablespace oid, relpages integer, reltuples real, relallvisible
    integer, relallfrozen integer, reltoastrelid oid, relhasindex boolean, relisshared boolean,
    relpersistence "char", relkind "char", relnatts smallint, relchecks smallint, relhasrules
    boolean, relhastriggers boolean, relhassubclass boolean, relrowsecurity boolean,
    relforcerowsecurity boolean, relispopulated boolean, relreplident "char", relispartition
    boolean, relrewrite oid, relfrozenxid xid, relminmxid xid, relacl aclitem[], reloptions
    text[], relpartbound pg_node_tree
);

CREATE TABLE pg_catalog.pg_collation ( -- 3456
    oid oid, collname name, collnamespace oid, collowner oid, collprovider "char",
    collisdeterministic boolean, collencoding integer, collcollate text, collctype text,
    colllocale text, collicurules text, collversion text,
    colliculocale text
);

CREATE TABLE pg_catalog.pg_constraint ( -- 2606
    oid oid, conname name, connamespace oid, contype "char", condeferrable boolean, condeferred
    boolean, conenforced boolean, convalidated boolean, conrelid oid, contypid oid, conindid
    oid, conparentid oid, confrelid oid, confupdtype "char", confdeltype "char", confmatchtype
    "char", conislocal boolean, coninhcount smallint, connoinherit boolean, conperiod boolean,
    conkey smallint[], confkey smallint[], conpfeqop oid[], conppeqop oid[], conffeqop oid[],
    confdelsetcols smallint[], conexclop oid[], conbin pg_node_tree
);

CREATE TABLE pg_catalog.pg_conversion ( -- 2607
    oid oid, conname name, connamespace oid, conowner oid, conforencoding integer, contoencoding
    integer, conproc regproc, condefault boolean
);

CREATE TABLE pg_catalog.pg_database ( -- 1262
    oid oid, datname name, datdba oid, encoding integer, datlocprovider "char", datistemplate
    boolean, datallowconn boolean, dathasloginevt boolean, datconnlimit integer, datfrozenxid
    xid, datminmxid xid, dattablespace oid, datcollate text, datctype text, datlocale text,
    daticurules text, datcollversion text, datacl aclitem[],
    daticulocale text
);

CREATE TABLE pg_catalog.pg_db_role_setting ( -- 2964
    setdatabase oid, setrole oid, setconfig text[]
);

CREATE TABLE pg_catalog.pg_default_acl ( -- 826
    oid oid, defaclrole oid, defaclnamespace oid, defaclobjtype "char", defaclacl aclitem[]
);

CREATE TABLE pg_catalog.pg_depend ( -- 2608
    classid oid, objid oid, objsubid integer, refclassid oid, refobjid oid, refobjsubid integer,
    deptype "char"
);

CREATE TABLE pg_catalog.pg_description ( -- 2609
    objoid oid, classoid oid, objsubid integer, description text
);

CREATE TABLE pg_catalog.pg_enum ( -- 3501
    oid oid, enumtypid oid, enumsortorder real, enumlabel name
);

CREATE TABLE pg_catalog.pg_event_trigger ( -- 3466
    oid oid, evtname name, evtevent name, evtowner oid, evtfoid oid, evtenabled "char", evttags
    text[]
);

CREATE TABLE pg_catalog.pg_extension ( -- 3079
    oid oid, extname name, extowner oid, extnamespace oid, extrelocatable boolean, extversion
    text, extconfig oid[], extcondition text[]
);

CREATE TABLE pg_catalog.pg_foreign_data_wrapper ( -- 2328
    oid oid, fdwname name, fdwowner oid, fdwhandler oid, fdwvalidator oid, fdwacl aclitem[],
    fdwoptions text[]
);

CREATE TABLE pg_catalog.pg_foreign_server ( -- 1417
    oid oid, srvname name, srvowner oid, srvfdw oid, srvtype text, srvversion text, srvacl
    aclitem[], srvoptions text[]
);

CREATE TABLE pg_catalog.pg_foreign_table ( -- 3118
    ftrelid oid, ftserver oid, ftoptions text[]
);

CREATE TABLE pg_catalog.pg_index ( -- 2610
    indexrelid oid, indrelid oid, indnatts smallint, indnkeyatts smallint, indisunique boolean,
    indnullsnotdistinct boolean, indisprimary boolean, indisexclusion boolean, indimmediate
    boolean, indisclustered boolean, indisvalid boolean, indcheckxmin boolean, indisready
    boolean, indislive boolean, indisreplident boolean, indkey int2vector, indcollation
    oidvector, indclass oidvector, indoption int2vector, indexprs pg_node_tree, indpred
    pg_node_tree
);

CREATE TABLE pg_catalog.pg_inherits ( -- 2611
    inhrelid oid, inhparent oid, inhseqno integer, inhdetachpending boolean
);

CREATE TABLE pg_catalog.pg_init_privs ( -- 3394
    objoid oid, classoid oid, objsubid integer, privtype "char", initprivs aclitem[]
);

CREATE TABLE pg_catalog.pg_language ( -- 2612
    oid oid, lanname name, lanowner oid, lanispl boolean, lanpltrusted boolean, lanplcallfoid
    oid, laninline oid, lanvalidator oid, lanacl aclitem[]
);

CREATE TABLE pg_catalog.pg_largeobject ( -- 2613
    loid oid, pageno integer, data bytea
);

CREATE TABLE pg_catalog.pg_largeobject_metadata ( -- 2995
    oid oid, lomowner oid, lomacl aclitem[]
);

CREATE TABLE pg_catalog.pg_namespace ( -- 2615
    oid oid, nspname name, nspowner oid, nspacl aclitem[]
);

CREATE TABLE pg_catalog.pg_opclass ( -- 2616
    oid oid, opcmethod oid, opcname name, opcnamespace oid, opcowner oid, opcfamily oid,
    opcintype oid, opcdefault boolean, opckeytype oid
);

CREATE TABLE pg_catalog.pg_operator ( -- 2617
    oid oid, oprname name, oprnamespace oid, oprowner oid, oprkind "char", oprcanmerge boolean,
    oprcanhash boolean, oprleft oid, oprright oid, oprresult oid, oprcom oid, oprnegate oid,
    oprcode regproc, oprrest regproc, oprjoin regproc
);

CREATE TABLE pg_catalog.pg_opfamily ( -- 2753
    oid oid, opfmethod oid, opfname name, opfnamespace oid, opfowner oid
);

CREATE TABLE pg_catalog.pg_parameter_acl ( -- 6243
    oid oid, parname text, paracl aclitem[]
);

CREATE TABLE pg_catalog.pg_partitioned_table ( -- 3350
    partrelid oid, partstrat "char", partnatts smallint, partdefid oid, partattrs int2vector,
    partclass oidvector, partcollation oidvector, partexprs pg_node_tree
);

CREATE TABLE pg_catalog.pg_policy ( -- 3256
    oid oid, polname name, polrelid oid, polcmd "char", polpermissive boolean, polroles oid[],
    polqual pg_node_tree, polwithcheck pg_node_tree
);

CREATE TABLE pg_catalog.pg_proc ( -- 1255
    oid oid, proname name, pronamespace oid, proowner oid, prolang oid, procost real, prorows
    real, provariadic oid, prosupport regproc, prokind "char", prosecdef boolean, proleakproof
    boolean, proisstrict boolean, proretset boolean, provolatile "char", proparallel "char",
    pronargs smallint, pronargdefaults smallint, prorettype oid, proargtypes oidvector,
    proallargtypes oid[], proargmodes "char"[], proargnames text[], proargdefaults pg_node_tree,
    protrftypes oid[], prosrc text, probin text, prosqlbody pg_node_tree, proconfig text[],
    proacl aclitem[]
);

CREATE TABLE pg_catalog.pg_publication ( -- 6104
    oid oid, pubname name, pubowner oid, puballtables boolean, pubinsert boolean, pubupdate
    boolean, pubdelete boolean, pubtruncate boolean, pubviaroot boolean, pubgencols "char"
);

CREATE TABLE pg_catalog.pg_publication_namespace ( -- 6237
    oid oid, pnpubid oid, pnnspid oid
);

CREATE TABLE pg_catalog.pg_publication_rel ( -- 6106
    oid oid, prpubid oid, prrelid oid, prqual pg_node_tree, prattrs int2vector
);

CREATE TABLE pg_catalog.pg_range ( -- 3541
    rngtypid oid, rngsubtype oid, rngmultitypid oid, rngcollation oid, rngsubopc oid,
    rngcanonical regproc, rngsubdiff regproc
);

CREATE TABLE pg_catalog.pg_replication_origin ( -- 6000
    roident oid, roname text
);

CREATE TABLE pg_catalog.pg_rewrite ( -- 2618
    oid oid, rulename name, ev_class oid, ev_type "char", ev_enabled "char", is_instead boolean,
    ev_qual pg_node_tree, ev_action pg_node_tree
);

CREATE TABLE pg_catalog.pg_seclabel ( -- 3596
    objoid oid, classoid oid, objsubid integer, provider text, label text
);

CREATE TABLE pg_catalog.pg_sequence ( -- 2224
    seqrelid oid, seqtypid oid, seqstart bigint, seqincrement bigint, seqmax bigint, seqmin
    bigint, seqcache bigint, seqcycle boolean
);

CREATE TABLE pg_catalog.pg_shdepend ( -- 1214
    dbid oid, classid oid, objid oid, objsubid integer, refclassid oid, refobjid oid, deptype
    "char"
);

CREATE TABLE pg_catalog.pg_shdescription ( -- 2396
    objoid oid, classoid oid, description text
);

CREATE TABLE pg_catalog.pg_shseclabel ( -- 3592
    objoid oid, classoid oid, provider text, label text
);

CREATE TABLE pg_catalog.pg_statistic ( -- 2619
    starelid oid, staattnum smallint, stainherit boolean, stanullfrac real, stawidth integer,
    stadistinct real, stakind1 smallint, stakind2 smallint, stakind3 smallint, stakind4
    smallint, stakind5 smallint, staop1 oid, staop2 oid, staop3 oid, staop4 oid, staop5 oid,
    stacoll1 oid, stacoll2 oid, stacoll3 oid, stacoll4 oid, stacoll5 oid, stanumbers1 real[],
    stanumbers2 real[], stanumbers3 real[], stanumbers4 real[], stanumbers5 real[], stavalues1
    anyarray, stavalues2 anyarray, stavalues3 anyarray, stavalues4 anyarray, stavalues5 anyarray
);

CREATE TABLE pg_catalog.pg_statistic_ext ( -- 3381
    oid oid, stxrelid oid, stxname name, stxnamespace oid, stxowner oid, stxkeys int2vector,
    stxstattarget smallint, stxkind "char"[], stxexprs pg_node_tree
);

CREATE TABLE pg_catalog.pg_statistic_ext_data ( -- 3429
    stxoid oid, stxdinherit boolean, stxdndistinct pg_ndistinct, stxddependencies
    pg_dependencies, stxdmcv pg_mcv_list, stxdexpr pg_statistic[]
);

CREATE TABLE pg_catalog.pg_subscription ( -- 6100
    oid oid, subdbid oid, subskiplsn pg_lsn, subname name, subowner oid, subenabled boolean,
    subbinary boolean, substream "char", subtwophasestate "char", subdisableonerr boolean,
    subpasswordrequired boolean, subrunasowner boolean, subfailover boolean, subconninfo text,
    subslotname name, subsynccommit text, subpublications text[], suborigin text
);

CREATE TABLE pg_catalog.pg_subscription_rel ( -- 6102
    srsubid oid, srrelid oid, srsubstate "char", srsublsn pg_lsn
);

CREATE TABLE pg_catalog.pg_tablespace ( -- 1213
    oid oid, spcname name, spcowner oid, spcacl aclitem[], spcoptions text[]
);

CREATE TABLE pg_catalog.pg_transform ( -- 3576
    oid oid, trftype oid, trflang oid, trffromsql regproc, trftosql regproc
);

CREATE TABLE pg_catalog.pg_trigger ( -- 2620
    oid oid, tgrelid oid, tgparentid oid, tgname name, tgfoid oid, tgtype smallint, tgenabled
    "char", tgisinternal boolean, tgconstrrelid oid, tgconstrindid oid, tgconstraint oid,
    tgdeferrable boolean, tginitdeferred boolean, tgnargs smallint, tgattr int2vector, tgargs
    bytea, tgqual pg_node_tree, tgoldtable name, tgnewtable name
);

CREATE TABLE pg_catalog.pg_ts_config ( -- 3602
    oid oid, cfgname name, cfgnamespace oid, cfgowner oid, cfgparser oid
);

CREATE TABLE pg_catalog.pg_ts_config_map ( -- 3603
    mapcfg oid, maptokentype integer, mapseqno integer, mapdict oid
);

CREATE TABLE pg_catalog.pg_ts_dict ( -- 3600
    oid oid, dictname name, dictnamespace oid, dictowner oid, dicttemplate oid, dictinitoption
    text
);

CREATE TABLE pg_catalog.pg_ts_parser ( -- 3601
    oid oid, prsname name, prsnamespace oid, prsstart regproc, prstoken regproc, prsend regproc,
    prsheadline regproc, prslextype regproc
);

CREATE TABLE pg_catalog.pg_ts_template ( -- 3764
    oid oid, tmplname name, tmplnamespace oid, tmplinit regproc, tmpllexize regproc
);

CREATE TABLE pg_catalog.pg_type ( -- 1247
    oid oid, typname name, typnamespace oid, typowner oid, typlen smallint, typbyval boolean,
    typtype "char", typcategory "char", typispreferred boolean, typisdefined boolean, typdelim
    "char", typrelid oid, typsubscript regproc, typelem oid, typarray oid, typinput regproc,
    typoutput regproc, typreceive regproc, typsend regproc, typmodin regproc, typmodout regproc,
    typanalyze regproc, typalign "char", typstorage "char", typnotnull boolean, typbasetype oid,
    typtypmod integer, typndims integer, typcollation oid, typdefaultbin pg_node_tree,
    typdefault text, typacl aclitem[]
);

CREATE TABLE pg_catalog.pg_user_mapping ( -- 1418
    oid oid, umuser oid, umserver oid, umoptions text[]
);
