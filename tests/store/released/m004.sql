BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'dfer','m001_initial','2026-11-21 03:12:24.765504+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'dfer','m002_samples_and_adapted_requests','2026-11-21 06:14:56.352182+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'dfer','m003_rendering_notes_and_tags','2026-11-21 12:55:02.353471+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'dfer','m004_metrics_and_imported_runs','2026-11-21 15:36:21.793871+00:00');
CREATE TABLE answers (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    generation INTEGER NOT NULL,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    identity TEXT NOT NULL CHECK (json_valid(identity)),
    text TEXT NOT NULL,
    raw TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    finish_reason TEXT,
    resolved_model TEXT,
    system_fingerprint TEXT,
    request_id TEXT,
    input_tokens INTEGER,
    output_tokens INTEGER,
    seconds REAL,
    created_at TEXT NOT NULL,
    UNIQUE (key, generation)
) STRICT;
INSERT INTO "answers" VALUES(1,'dk1:7dee8bd8d09a46041bcbc82333b7a6da67c6ca5106a4395efd81ef4de8100e4b',0,'m','http://127.0.0.1:34265/v1','{"api":"chat","endpoint":"http://127.0.0.1:34265/v1","key_version":1,"messages":[{"content":"What are useful visual features for the facial expression of anger?\nName what can be seen in the face alone: brows, eyes, eyelids, nose, cheeks, lips, jaw, chin.\nAnswer with a numbered list of at most six short phrases, one per line, without explanations.","role":"user"}],"model":"m","params":{},"sample_index":0}','1. first sign anger
2. second sign anger','{"id": "x", "object": "chat.completion", "created": 1, "model": "test-model-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "1. first sign anger\n2. second sign anger"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 30, "completion_tokens": 20, "total_tokens": 50}}','clean','','stop','test-model-1',NULL,NULL,30,20,0.003,'2026-11-21T03:12:26.567+00:00');
INSERT INTO "answers" VALUES(2,'dk1:02030577f68a5322da2e8168290b4e715eb378cd0df2a58380b9bb5546e1dd72',0,'m','http://127.0.0.1:34265/v1','{"api":"chat","endpoint":"http://127.0.0.1:34265/v1","key_version":1,"messages":[{"content":"What are useful visual features for the facial expression of fear?\nName what can be seen in the face alone: brows, eyes, eyelids, nose, cheeks, lips, jaw, chin.\nAnswer with a numbered list of at most six short phrases, one per line, without explanations.","role":"user"}],"model":"m","params":{},"sample_index":0}','I''m sorry, but I can''t.','{"id": "x", "object": "chat.completion", "created": 1, "model": "test-model-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "I''m sorry, but I can''t."}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 30, "completion_tokens": 20, "total_tokens": 50}}','refused','the model refused: "I''m sorry, but I can''t."','stop','test-model-1',NULL,NULL,30,20,0.045,'2026-11-21T03:12:26.614+00:00');
INSERT INTO "answers" VALUES(3,'dk1:ad3f30608f1100097fac8ccf9c69f8006215caeb4a1e359ad6d41f6d38a303a1',0,'m','http://127.0.0.1:34265/v1','{"api":"chat","endpoint":"http://127.0.0.1:34265/v1","key_version":1,"messages":[{"content":"What are useful visual features for the facial expression of neutral?\nName what can be seen in the face alone: brows, eyes, eyelids, nose, cheeks, lips, jaw, chin.\nAnswer with a numbered list of at most six short phrases, one per line, without explanations.","role":"user"}],"model":"m","params":{},"sample_index":0}','1. first sign neutral
2. second sign neutral','{"id": "x", "object": "chat.completion", "created": 1, "model": "test-model-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "1. first sign neutral\n2. second sign neutral"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 30, "completion_tokens": 20, "total_tokens": 50}}','clean','','stop','test-model-1',NULL,NULL,30,20,0.047,'2026-11-21T03:12:26.662+00:00');
INSERT INTO "answers" VALUES(4,'dk1:02030577f68a5322da2e8168290b4e715eb378cd0df2a58380b9bb5546e1dd72',1,'m','http://127.0.0.1:34265/v1','{"api":"chat","endpoint":"http://127.0.0.1:34265/v1","key_version":1,"messages":[{"content":"What are useful visual features for the facial expression of fear?\nName what can be seen in the face alone: brows, eyes, eyelids, nose, cheeks, lips, jaw, chin.\nAnswer with a numbered list of at most six short phrases, one per line, without explanations.","role":"user"}],"model":"m","params":{},"sample_index":0}','1. first sign fear
2. second sign fear','{"id": "x", "object": "chat.completion", "created": 1, "model": "test-model-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "1. first sign fear\n2. second sign fear"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 30, "completion_tokens": 20, "total_tokens": 50}}','clean','','stop','test-model-1',NULL,NULL,30,20,0.004,'2026-11-21T03:12:26.698+00:00');
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    outcome TEXT NOT NULL,
    http_status INTEGER,
    error_code TEXT,
    message TEXT NOT NULL,
    body TEXT,
    seconds REAL,
    created_at TEXT NOT NULL
) STRICT;
INSERT INTO "attempts" VALUES(1,'dk1:7dee8bd8d09a46041bcbc82333b7a6da67c6ca5106a4395efd81ef4de8100e4b','m','http://127.0.0.1:34265/v1','server error',503,NULL,'http://127.0.0.1:34265/v1 answered 503: ''busy''','{"error": {"message": "busy", "code": null, "type": "test"}}',NULL,'2026-11-21T03:12:26.096+00:00');
CREATE TABLE claims (
    key TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    renewed_at REAL NOT NULL
) STRICT;
CREATE TABLE class_sets (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    content TEXT NOT NULL CHECK (json_valid(content))
) STRICT;
INSERT INTO "class_sets" VALUES('cs1:d0e0ba5f50e09b6f05499f7485dae5db2de9605581449409b0182b24d761da82','three','[{"components":[],"display":"anger","name":"anger"},{"components":[],"display":"fear","name":"fear"},{"components":[],"display":"neutral","name":"neutral"}]');
CREATE TABLE description_parses (
    version INTEGER NOT NULL REFERENCES description_sets (version),
    position INTEGER NOT NULL,
    source INTEGER NOT NULL,
    parse_id INTEGER NOT NULL REFERENCES parses (id),
    PRIMARY KEY (version, position, source)
) STRICT;
INSERT INTO "description_parses" VALUES(1,0,0,1);
INSERT INTO "description_parses" VALUES(1,1,0,3);
INSERT INTO "description_parses" VALUES(1,2,0,2);
INSERT INTO "description_parses" VALUES(4,0,0,1);
INSERT INTO "description_parses" VALUES(4,0,1,3);
INSERT INTO "description_parses" VALUES(4,1,0,3);
INSERT INTO "description_parses" VALUES(4,2,0,2);
INSERT INTO "description_parses" VALUES(5,0,0,1);
INSERT INTO "description_parses" VALUES(5,1,0,3);
INSERT INTO "description_parses" VALUES(5,2,0,2);
CREATE TABLE description_sets (
    version INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    class_set TEXT NOT NULL,
    class_set_hash TEXT NOT NULL REFERENCES class_sets (hash),
    kind TEXT NOT NULL,
    model TEXT,
    prompt_hash TEXT REFERENCES prompts (hash),
    parent INTEGER REFERENCES description_sets (version),
    provenance TEXT NOT NULL CHECK (json_valid(provenance)),
    context_tokens INTEGER NOT NULL,
    note TEXT NOT NULL,
    dfer_version TEXT NOT NULL,
    created_at TEXT NOT NULL
, rendering TEXT CHECK (rendering IS NULL OR json_valid(rendering))) STRICT;
INSERT INTO "description_sets" VALUES(1,'ds1:2461303c3e15c2f6efd715d9da331af889d5bf2a13369ec7fc0467b77cef0dd8','three','cs1:d0e0ba5f50e09b6f05499f7485dae5db2de9605581449409b0182b24d761da82','llm','m','pt1:fdcd25f104df338e7f2ccad597102d2ddfdb72c368a2209e8da243e523cc3a8a',NULL,'{"endpoint":"http://127.0.0.1:34265/v1","kind":"llm","model":"m","params":{},"parser_version":"p1","prompt":"dfer-clip","prompt_hash":"pt1:fdcd25f104df338e7f2ccad597102d2ddfdb72c368a2209e8da243e523cc3a8a"}',8,'','0.1.0','2026-11-21T03:12:26.976+00:00',NULL);
INSERT INTO "description_sets" VALUES(2,'ds1:eac4f1ee2c6ab1b926ce515b9b13cb5ba8dc265d77facfe3b18f5773baa44463','three','cs1:d0e0ba5f50e09b6f05499f7485dae5db2de9605581449409b0182b24d761da82','control',NULL,NULL,NULL,'{"control":"names","kind":"control","params":{}}',8,'','0.1.0','2026-11-21T03:12:27.201+00:00',NULL);
INSERT INTO "description_sets" VALUES(3,'ds1:8ff03d9a6d2d0f267f17ad533ad925ba6a3ed192e6301a1a324c4ae18f305555','three','cs1:d0e0ba5f50e09b6f05499f7485dae5db2de9605581449409b0182b24d761da82','control',NULL,NULL,1,'{"control":"swapped","kind":"control","params":{},"parent_hash":"ds1:2461303c3e15c2f6efd715d9da331af889d5bf2a13369ec7fc0467b77cef0dd8","seed":1}',8,'','0.1.0','2026-11-21T06:14:56.594+00:00',NULL);
INSERT INTO "description_sets" VALUES(4,'ds1:fbd56db16c16f6616b3347732cf645c761312c25f6f8b5114b40184edfd71da6','three','cs1:d0e0ba5f50e09b6f05499f7485dae5db2de9605581449409b0182b24d761da82','llm','m','pt1:fdcd25f104df338e7f2ccad597102d2ddfdb72c368a2209e8da243e523cc3a8a',NULL,'{"endpoint":"http://127.0.0.1:34265/v1","kind":"llm","model":"m","params":{},"parser_version":"p1","prompt":"dfer-clip","prompt_hash":"pt1:fdcd25f104df338e7f2ccad597102d2ddfdb72c368a2209e8da243e523cc3a8a","samples":2}',8,'two samples','0.1.0','2026-11-21T06:14:56.595+00:00',NULL);
INSERT INTO "description_sets" VALUES(5,'ds1:37e7341d2162d9ccee73ce47b7dcdafb0e68fd83fed899436aa0756697c347e7','three','cs1:d0e0ba5f50e09b6f05499f7485dae5db2de9605581449409b0182b24d761da82','edit',NULL,NULL,1,'{"change":{"rendering":"sentence"},"kind":"edit","params":{},"parent_hash":"ds1:2461303c3e15c2f6efd715d9da331af889d5bf2a13369ec7fc0467b77cef0dd8"}',8,'','0.1.0','2026-11-21T03:12:26.976+00:00','{"combine":"joined","compounds":null,"form":"sentence","prefix":"","suffix":"."}');
CREATE TABLE "descriptions" (
    version INTEGER NOT NULL REFERENCES description_sets (version),
    position INTEGER NOT NULL,
    class_name TEXT NOT NULL,
    descriptors TEXT NOT NULL CHECK (json_valid(descriptors)),
    text TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    dropped TEXT NOT NULL CHECK (json_valid(dropped)),
    warnings TEXT NOT NULL CHECK (json_valid(warnings)),
    PRIMARY KEY (version, position),
    UNIQUE (version, class_name)
) STRICT;
INSERT INTO "descriptions" VALUES(1,0,'anger','["first sign anger","second sign anger"]','first sign anger and second sign anger.',8,'[]','["the class name ''anger'' is in the text"]');
INSERT INTO "descriptions" VALUES(1,1,'fear','["first sign fear","second sign fear"]','first sign fear and second sign fear.',8,'[]','["the class name ''fear'' is in the text"]');
INSERT INTO "descriptions" VALUES(1,2,'neutral','["first sign neutral","second sign neutral"]','first sign neutral and second sign neutral.',8,'[]','["the class name ''neutral'' is in the text"]');
INSERT INTO "descriptions" VALUES(2,0,'anger','["anger"]','anger.',2,'[]','[]');
INSERT INTO "descriptions" VALUES(2,1,'fear','["fear"]','fear.',2,'[]','[]');
INSERT INTO "descriptions" VALUES(2,2,'neutral','["neutral"]','neutral.',2,'[]','[]');
INSERT INTO "descriptions" VALUES(3,0,'anger','["first sign fear","second sign fear"]','first sign fear and second sign fear.',8,'[]','[]');
INSERT INTO "descriptions" VALUES(3,1,'fear','["first sign neutral","second sign neutral"]','first sign neutral and second sign neutral.',8,'[]','[]');
INSERT INTO "descriptions" VALUES(3,2,'neutral','["first sign anger","second sign anger"]','first sign anger and second sign anger.',8,'[]','[]');
INSERT INTO "descriptions" VALUES(4,0,'anger','["first sign anger","second sign anger"]','first sign anger and second sign anger.',8,'[]','["the class name ''anger'' is in the text"]');
INSERT INTO "descriptions" VALUES(4,1,'fear','["first sign fear","second sign fear"]','first sign fear and second sign fear.',8,'[]','["the class name ''fear'' is in the text"]');
INSERT INTO "descriptions" VALUES(4,2,'neutral','["first sign neutral","second sign neutral"]','first sign neutral and second sign neutral.',8,'[]','["the class name ''neutral'' is in the text"]');
INSERT INTO "descriptions" VALUES(5,0,'anger','["first sign anger","second sign anger"]','first sign anger and second sign anger.',8,'[]','["the class name ''anger'' is in the text"]');
INSERT INTO "descriptions" VALUES(5,1,'fear','["first sign fear","second sign fear"]','first sign fear and second sign fear.',8,'[]','["the class name ''fear'' is in the text"]');
INSERT INTO "descriptions" VALUES(5,2,'neutral','["first sign neutral","second sign neutral"]','first sign neutral and second sign neutral.',8,'[]','["the class name ''neutral'' is in the text"]');
CREATE TABLE key_aliases (
    asked_key TEXT NOT NULL,
    key TEXT NOT NULL,
    dropped TEXT NOT NULL CHECK (json_valid(dropped)),
    other_api INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (asked_key, key)
) STRICT;
INSERT INTO "key_aliases" VALUES('dk1:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','dk1:02030577f68a5322da2e8168290b4e715eb378cd0df2a58380b9bb5546e1dd72','["temperature"]',0,'2026-11-21T06:14:56.596+00:00');
CREATE TABLE parses (
    id INTEGER PRIMARY KEY,
    answer_id INTEGER NOT NULL REFERENCES answers (id),
    parser_version TEXT NOT NULL,
    descriptors TEXT NOT NULL CHECK (json_valid(descriptors)),
    ignored TEXT NOT NULL CHECK (json_valid(ignored)),
    warnings TEXT NOT NULL CHECK (json_valid(warnings)),
    created_at TEXT NOT NULL,
    UNIQUE (answer_id, parser_version)
) STRICT;
INSERT INTO "parses" VALUES(1,1,'p1','["first sign anger","second sign anger"]','[]','[]','2026-11-21T03:12:26.973+00:00');
INSERT INTO "parses" VALUES(2,3,'p1','["first sign neutral","second sign neutral"]','[]','[]','2026-11-21T03:12:26.974+00:00');
INSERT INTO "parses" VALUES(3,4,'p1','["first sign fear","second sign fear"]','[]','[]','2026-11-21T03:12:26.975+00:00');
CREATE TABLE predictions (
    run_id INTEGER NOT NULL REFERENCES runs (id),
    position INTEGER NOT NULL,
    clip TEXT NOT NULL,
    label TEXT NOT NULL,
    predicted TEXT NOT NULL,
    scores TEXT NOT NULL CHECK (json_valid(scores)),
    PRIMARY KEY (run_id, position)
) STRICT;
INSERT INTO "predictions" VALUES(1,0,'anger/0','anger','anger','[2.0,-0.5,-0.5]');
INSERT INTO "predictions" VALUES(1,1,'anger/1','anger','fear','[-0.5,2.0,-0.5]');
INSERT INTO "predictions" VALUES(1,2,'fear/2','fear','fear','[-0.5,2.0,-0.5]');
INSERT INTO "predictions" VALUES(1,3,'fear/3','fear','fear','[-0.5,2.0,-0.5]');
INSERT INTO "predictions" VALUES(3,0,'anger/0','anger','anger','[2.0,-0.5,-0.5]');
INSERT INTO "predictions" VALUES(3,1,'anger/1','anger','fear','[-0.5,2.0,-0.5]');
INSERT INTO "predictions" VALUES(3,2,'fear/2','fear','fear','[-0.5,2.0,-0.5]');
INSERT INTO "predictions" VALUES(3,3,'fear/3','fear','fear','[-0.5,2.0,-0.5]');
INSERT INTO "predictions" VALUES(4,0,'anger/0','anger','anger','[2.0,-0.5,-0.5]');
INSERT INTO "predictions" VALUES(4,1,'anger/1','anger','fear','[-0.5,2.0,-0.5]');
INSERT INTO "predictions" VALUES(4,2,'fear/2','fear','fear','[-0.5,2.0,-0.5]');
INSERT INTO "predictions" VALUES(4,3,'fear/3','fear','fear','[-0.5,2.0,-0.5]');
CREATE TABLE prompts (
    hash TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
INSERT INTO "prompts" VALUES('pt1:fdcd25f104df338e7f2ccad597102d2ddfdb72c368a2209e8da243e523cc3a8a','dfer-clip','+++
about = "One question per class for useful visual features, answered as short phrases"
source = "after the question of DFER-CLIP (Zhao & Patras, BMVC 2023, section 3.3); the wording is this project''s"
+++
What are useful visual features for the facial expression of {{ class_name }}?
Name what can be seen in the face alone: brows, eyes, eyelids, nose, cheeks, lips, jaw, chin.
Answer with a numbered list of at most six short phrases, one per line, without explanations.
');
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('finished', 'failed', 'imported')),
    spec_hash TEXT NOT NULL,
    protocol_hash TEXT NOT NULL,
    set_version INTEGER NOT NULL REFERENCES description_sets (version),
    set_hash TEXT NOT NULL,
    recipe TEXT NOT NULL,
    dataset TEXT NOT NULL,
    fold INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    selection TEXT NOT NULL,
    specification TEXT NOT NULL CHECK (json_valid(specification)),
    uar REAL,
    war REAL,
    metrics TEXT NOT NULL CHECK (json_valid(metrics)),
    per_class TEXT NOT NULL CHECK (json_valid(per_class)),
    confusion TEXT NOT NULL CHECK (json_valid(confusion)),
    history TEXT NOT NULL CHECK (json_valid(history)),
    environment TEXT NOT NULL CHECK (json_valid(environment)),
    folder TEXT,
    error TEXT NOT NULL,
    seconds REAL,
    created_at TEXT NOT NULL
) STRICT;
INSERT INTO "runs" VALUES(1,'finished','rs1:88cd8c2d3edce7f3b35ff5f51978f7250ec48df7bbdba9a7e5421d395b75181b','rp1:8910984b5694ad414cf620afea954086ed893743da30609003441f86f5243ca9',1,'ds1:2461303c3e15c2f6efd715d9da331af889d5bf2a13369ec7fc0467b77cef0dd8','zero-shot','csv',1,1,'last','{"augmentation":"none","classes":["anger","fear","neutral"],"clip":{"model":"dfer-tiny"},"combine":"joined","data_fingerprint":"x","dataset":"csv","fold":1,"precision":"fp32","recipe":"zero-shot","seed":1,"selection":"last","set":"v1","set_hash":"ds1:2461303c3e15c2f6efd715d9da331af889d5bf2a13369ec7fc0467b77cef0dd8","settings":{"frames":8},"texts":["first sign anger and second sign anger.","first sign fear and second sign fear.","first sign neutral and second sign neutral."]}',0.75,0.75,'{}','{"anger":0.5,"fear":1.0,"neutral":null}','[[1,1,0],[0,2,0],[0,0,0]]','[]','{}',NULL,'',NULL,'2026-11-21T12:55:02.358+00:00');
INSERT INTO "runs" VALUES(2,'failed','rs1:050ed6536a10b9e22b30868323de93efa10c0eec0cef9b75ecd20d7e54458244','rp1:8910984b5694ad414cf620afea954086ed893743da30609003441f86f5243ca9',2,'ds1:eac4f1ee2c6ab1b926ce515b9b13cb5ba8dc265d77facfe3b18f5773baa44463','zero-shot','csv',1,1,'last','{"augmentation":"none","classes":["anger","fear","neutral"],"clip":{"model":"dfer-tiny"},"combine":"joined","data_fingerprint":"x","dataset":"csv","fold":1,"precision":"fp32","recipe":"zero-shot","seed":1,"selection":"last","set":"v2","set_hash":"ds1:eac4f1ee2c6ab1b926ce515b9b13cb5ba8dc265d77facfe3b18f5773baa44463","settings":{"frames":8},"texts":["anger.","fear.","neutral."]}',NULL,NULL,'{}','{}','[]','[]','{}',NULL,'out of memory',NULL,'2026-11-21T12:55:02.359+00:00');
INSERT INTO "runs" VALUES(3,'finished','rs1:48dc9d652f953c292d37b4118b0249d545b6786d2feaaeb6c710254d7f213e3a','rp1:8910984b5694ad414cf620afea954086ed893743da30609003441f86f5243ca9',1,'ds1:2461303c3e15c2f6efd715d9da331af889d5bf2a13369ec7fc0467b77cef0dd8','zero-shot','csv',1,2,'last','{"augmentation":"none","classes":["anger","fear","neutral"],"clip":{"model":"dfer-tiny"},"combine":"joined","data_fingerprint":"x","dataset":"csv","fold":1,"precision":"fp32","recipe":"zero-shot","seed":2,"selection":"last","set":"v1","set_hash":"ds1:2461303c3e15c2f6efd715d9da331af889d5bf2a13369ec7fc0467b77cef0dd8","settings":{"frames":8},"texts":["first sign anger and second sign anger.","first sign fear and second sign fear.","first sign neutral and second sign neutral."]}',0.75,0.75,'{}','{"anger":0.5,"fear":1.0,"neutral":null}','[[1,1,0],[0,2,0],[0,0,0]]','[]','{}',NULL,'',NULL,'2026-11-21T12:55:02.360+00:00');
INSERT INTO "runs" VALUES(4,'finished','rs1:48dc9d652f953c292d37b4118b0249d545b6786d2feaaeb6c710254d7f213e3a','rp1:8910984b5694ad414cf620afea954086ed893743da30609003441f86f5243ca9',1,'ds1:2461303c3e15c2f6efd715d9da331af889d5bf2a13369ec7fc0467b77cef0dd8','zero-shot','csv',1,2,'last','{"augmentation":"none","classes":["anger","fear","neutral"],"clip":{"model":"dfer-tiny"},"combine":"joined","data_fingerprint":"x","dataset":"csv","fold":1,"precision":"fp32","recipe":"zero-shot","seed":2,"selection":"last","set":"v1","set_hash":"ds1:2461303c3e15c2f6efd715d9da331af889d5bf2a13369ec7fc0467b77cef0dd8","settings":{"frames":8},"texts":["first sign anger and second sign anger.","first sign fear and second sign fear.","first sign neutral and second sign neutral."]}',0.75,0.75,'{"auc":0.75,"calibration_error":0.125,"macro_f1":0.7333333333333333}','{"anger":0.5,"fear":1.0,"neutral":null}','[[1,1,0],[0,2,0],[0,0,0]]','[]','{}',NULL,'',NULL,'2026-11-21T15:36:21.797+00:00');
INSERT INTO "runs" VALUES(5,'imported','rs1:32078286a97dd533d19136ae73547485059a52a1e4f305f19e6fd7e882f6de51','rp1:8910984b5694ad414cf620afea954086ed893743da30609003441f86f5243ca9',1,'ds1:2461303c3e15c2f6efd715d9da331af889d5bf2a13369ec7fc0467b77cef0dd8','zero-shot','csv',1,3,'last','{"augmentation":"none","classes":["anger","fear","neutral"],"clip":{"model":"dfer-tiny"},"combine":"joined","data_fingerprint":"x","dataset":"csv","fold":1,"precision":"fp32","recipe":"zero-shot","seed":3,"selection":"last","set":"v1","set_hash":"ds1:2461303c3e15c2f6efd715d9da331af889d5bf2a13369ec7fc0467b77cef0dd8","settings":{"frames":8},"texts":["first sign anger and second sign anger.","first sign fear and second sign fear.","first sign neutral and second sign neutral."]}',NULL,NULL,'{}','{}','[]','[]','{}','/runs/fold1','',NULL,'2026-11-21T15:36:21.798+00:00');
CREATE TABLE set_aliases (
    name TEXT PRIMARY KEY,
    version INTEGER NOT NULL REFERENCES description_sets (version),
    moved_at TEXT NOT NULL
) STRICT;
INSERT INTO "set_aliases" VALUES('base',1,'2026-11-21T03:12:27.198+00:00');
INSERT INTO "set_aliases" VALUES('pooled',3,'2026-11-21T06:14:56.596+00:00');
CREATE TABLE set_notes (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL REFERENCES description_sets (version),
    note TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
INSERT INTO "set_notes" VALUES(1,1,'looked at by two people','2026-11-21T12:55:02.358+00:00');
CREATE TABLE set_tags (
    version INTEGER NOT NULL REFERENCES description_sets (version),
    tag TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (version, tag)
) STRICT;
INSERT INTO "set_tags" VALUES(5,'paper','2026-11-21T12:55:02.357+00:00');
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX attempts_by_key ON attempts (key);
CREATE INDEX description_parses_by_parse ON description_parses (parse_id);
CREATE INDEX sets_by_parent ON description_sets (parent);
CREATE INDEX aliases_by_set ON set_aliases (version);
CREATE INDEX notes_by_set ON set_notes (version);
CREATE INDEX runs_by_spec ON runs (spec_hash);
CREATE INDEX runs_by_set ON runs (set_version);
CREATE TRIGGER answers_no_update BEFORE UPDATE ON answers WHEN TRUE BEGIN SELECT RAISE(ABORT, 'answers are immutable'); END;
CREATE TRIGGER answers_no_delete BEFORE DELETE ON answers WHEN EXISTS (SELECT 1 FROM parses JOIN description_parses ON parse_id = parses.id WHERE answer_id = OLD.id) BEGIN SELECT RAISE(ABORT, 'answers in use are immutable'); END;
CREATE TRIGGER answers_no_replace BEFORE INSERT ON answers WHEN EXISTS (SELECT 1 FROM answers WHERE (id = NEW.id) OR (key = NEW.key AND generation = NEW.generation)) BEGIN SELECT RAISE(ABORT, 'answers are immutable'); END;
CREATE TRIGGER attempts_no_update BEFORE UPDATE ON attempts WHEN TRUE BEGIN SELECT RAISE(ABORT, 'attempts are immutable'); END;
CREATE TRIGGER attempts_no_delete BEFORE DELETE ON attempts WHEN FALSE BEGIN SELECT RAISE(ABORT, 'attempts in use are immutable'); END;
CREATE TRIGGER attempts_no_replace BEFORE INSERT ON attempts WHEN EXISTS (SELECT 1 FROM attempts WHERE (id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'attempts are immutable'); END;
CREATE TRIGGER class_sets_no_update BEFORE UPDATE ON class_sets WHEN TRUE BEGIN SELECT RAISE(ABORT, 'class_sets are immutable'); END;
CREATE TRIGGER class_sets_no_delete BEFORE DELETE ON class_sets WHEN TRUE BEGIN SELECT RAISE(ABORT, 'class_sets are immutable'); END;
CREATE TRIGGER class_sets_no_replace BEFORE INSERT ON class_sets WHEN EXISTS (SELECT 1 FROM class_sets WHERE (hash = NEW.hash)) BEGIN SELECT RAISE(ABORT, 'class_sets are immutable'); END;
CREATE TRIGGER description_parses_no_update BEFORE UPDATE ON description_parses WHEN TRUE BEGIN SELECT RAISE(ABORT, 'description_parses are immutable'); END;
CREATE TRIGGER description_parses_no_delete BEFORE DELETE ON description_parses WHEN TRUE BEGIN SELECT RAISE(ABORT, 'description_parses are immutable'); END;
CREATE TRIGGER description_parses_no_replace BEFORE INSERT ON description_parses WHEN EXISTS (SELECT 1 FROM description_parses WHERE (version = NEW.version AND position = NEW.position AND source = NEW.source)) BEGIN SELECT RAISE(ABORT, 'description_parses are immutable'); END;
CREATE TRIGGER description_sets_no_update BEFORE UPDATE ON description_sets WHEN TRUE BEGIN SELECT RAISE(ABORT, 'description_sets are immutable'); END;
CREATE TRIGGER description_sets_no_delete BEFORE DELETE ON description_sets WHEN TRUE BEGIN SELECT RAISE(ABORT, 'description_sets are immutable'); END;
CREATE TRIGGER description_sets_no_replace BEFORE INSERT ON description_sets WHEN EXISTS (SELECT 1 FROM description_sets WHERE (version = NEW.version) OR (hash = NEW.hash)) BEGIN SELECT RAISE(ABORT, 'description_sets are immutable'); END;
CREATE TRIGGER descriptions_no_update BEFORE UPDATE ON descriptions WHEN TRUE BEGIN SELECT RAISE(ABORT, 'descriptions are immutable'); END;
CREATE TRIGGER descriptions_no_delete BEFORE DELETE ON descriptions WHEN TRUE BEGIN SELECT RAISE(ABORT, 'descriptions are immutable'); END;
CREATE TRIGGER descriptions_no_replace BEFORE INSERT ON descriptions WHEN EXISTS (SELECT 1 FROM descriptions WHERE (version = NEW.version AND position = NEW.position) OR (version = NEW.version AND class_name = NEW.class_name)) BEGIN SELECT RAISE(ABORT, 'descriptions are immutable'); END;
CREATE TRIGGER key_aliases_no_update BEFORE UPDATE ON key_aliases WHEN TRUE BEGIN SELECT RAISE(ABORT, 'key_aliases are immutable'); END;
CREATE TRIGGER key_aliases_no_delete BEFORE DELETE ON key_aliases WHEN EXISTS (SELECT 1 FROM answers WHERE key = OLD.key) BEGIN SELECT RAISE(ABORT, 'key_aliases in use are immutable'); END;
CREATE TRIGGER key_aliases_no_replace BEFORE INSERT ON key_aliases WHEN EXISTS (SELECT 1 FROM key_aliases WHERE (asked_key = NEW.asked_key AND key = NEW.key)) BEGIN SELECT RAISE(ABORT, 'key_aliases are immutable'); END;
CREATE TRIGGER parses_no_update BEFORE UPDATE ON parses WHEN TRUE BEGIN SELECT RAISE(ABORT, 'parses are immutable'); END;
CREATE TRIGGER parses_no_delete BEFORE DELETE ON parses WHEN EXISTS (SELECT 1 FROM description_parses WHERE parse_id = OLD.id) BEGIN SELECT RAISE(ABORT, 'parses in use are immutable'); END;
CREATE TRIGGER parses_no_replace BEFORE INSERT ON parses WHEN EXISTS (SELECT 1 FROM parses WHERE (id = NEW.id) OR (answer_id = NEW.answer_id AND parser_version = NEW.parser_version)) BEGIN SELECT RAISE(ABORT, 'parses are immutable'); END;
CREATE TRIGGER predictions_no_update BEFORE UPDATE ON predictions WHEN TRUE BEGIN SELECT RAISE(ABORT, 'predictions are immutable'); END;
CREATE TRIGGER predictions_no_delete BEFORE DELETE ON predictions WHEN TRUE BEGIN SELECT RAISE(ABORT, 'predictions are immutable'); END;
CREATE TRIGGER predictions_no_replace BEFORE INSERT ON predictions WHEN EXISTS (SELECT 1 FROM predictions WHERE (run_id = NEW.run_id AND position = NEW.position)) BEGIN SELECT RAISE(ABORT, 'predictions are immutable'); END;
CREATE TRIGGER prompts_no_update BEFORE UPDATE ON prompts WHEN TRUE BEGIN SELECT RAISE(ABORT, 'prompts are immutable'); END;
CREATE TRIGGER prompts_no_delete BEFORE DELETE ON prompts WHEN TRUE BEGIN SELECT RAISE(ABORT, 'prompts are immutable'); END;
CREATE TRIGGER prompts_no_replace BEFORE INSERT ON prompts WHEN EXISTS (SELECT 1 FROM prompts WHERE (hash = NEW.hash)) BEGIN SELECT RAISE(ABORT, 'prompts are immutable'); END;
CREATE TRIGGER runs_no_update BEFORE UPDATE ON runs WHEN TRUE BEGIN SELECT RAISE(ABORT, 'runs are immutable'); END;
CREATE TRIGGER runs_no_delete BEFORE DELETE ON runs WHEN TRUE BEGIN SELECT RAISE(ABORT, 'runs are immutable'); END;
CREATE TRIGGER runs_no_replace BEFORE INSERT ON runs WHEN EXISTS (SELECT 1 FROM runs WHERE (id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'runs are immutable'); END;
CREATE TRIGGER set_notes_no_update BEFORE UPDATE ON set_notes WHEN TRUE BEGIN SELECT RAISE(ABORT, 'set_notes are immutable'); END;
CREATE TRIGGER set_notes_no_delete BEFORE DELETE ON set_notes WHEN TRUE BEGIN SELECT RAISE(ABORT, 'set_notes are immutable'); END;
CREATE TRIGGER set_notes_no_replace BEFORE INSERT ON set_notes WHEN EXISTS (SELECT 1 FROM set_notes WHERE (id = NEW.id)) BEGIN SELECT RAISE(ABORT, 'set_notes are immutable'); END;
COMMIT;
