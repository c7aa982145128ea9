//! Every engine passes the one suite.

pryv_engine::conformance!(memory, pryv_engine::conformance::Subject::memory());
pryv_engine::conformance!(redb, pryv_engine::conformance::Subject::redb());
pryv_engine::conformance!(sled, pryv_engine::conformance::Subject::sled());
