use super::*;
use clap::{CommandFactory, error::ErrorKind};

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(std::iter::once("pryv").chain(line.split_whitespace()))
}

#[test]
fn the_definition_of_the_arguments_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn common_arguments_stand_before_or_behind_the_command() {
    for line in ["--profile bob --json whoami", "whoami --json --profile bob"] {
        let arguments = parse(line).unwrap();
        assert_eq!(arguments.common.profile, "bob");
        assert!(arguments.common.json);
        assert!(matches!(arguments.command, Command::Whoami));
    }
}

#[test]
fn a_query_takes_several_conditions_and_an_order() {
    let line =
        "query blood-pressure --from ada --where /place=home --where /pulse=60 --newest-first --limit 5";
    let Command::Query(query) = parse(line).unwrap().command else { panic!("another command") };
    assert_eq!(query.selection.conditions, ["/place=home", "/pulse=60"]);
    assert_eq!(query.selection.collection.from.as_deref(), Some("ada"));
    assert!(query.selection.newest_first);
    assert_eq!(query.selection.limit, 5);
    assert_eq!(query.output, None);
    let line = "query bp --filter {\"field\":\"/n\",\"above\":1} --type pulse --type weight --sort -/at --select /a,/b";
    let Command::Query(query) = parse(line).unwrap().command else { panic!("another command") };
    assert_eq!(query.selection.filters, ["{\"field\":\"/n\",\"above\":1}"]);
    assert_eq!(query.selection.types, ["pulse", "weight"]);
    assert_eq!(query.selection.state, StateName::Active);
    assert_eq!(query.selection.sort.as_deref(), Some("-/at"));
    assert_eq!(query.select, ["/a", "/b"]);
    assert!(parse("query bp --count --sort /at").is_err());
    assert!(parse("query bp --count").is_ok());
    let Command::Query(query) = parse("query bp --state trashed").unwrap().command else {
        panic!("another command")
    };
    assert_eq!(query.selection.state, StateName::Trashed);
    let Command::Restore(target) = parse("restore bp 7").unwrap().command else { panic!("another command") };
    assert_eq!(target.record, "7");
}

#[test]
fn a_grant_needs_a_name_and_a_collection_and_reads_unless_told_otherwise() {
    let Command::Grant(grant) = parse("grant --to bob --on bp --name doctor --until 30d").unwrap().command
    else {
        panic!("another command")
    };
    assert_eq!(grant.level, GrantLevel::Read);
    assert_eq!(grant.until.as_deref(), Some("30d"));
    for line in ["grant --to bob --on bp", "grant --to bob --name doctor", "grant --on bp --name doctor"] {
        assert_eq!(parse(line).unwrap_err().kind(), ErrorKind::MissingRequiredArgument, "{line}");
    }
    let Command::Grant(grant) =
        parse("grant --to b --on x --on y --name n --level create-only").unwrap().command
    else {
        panic!("another command")
    };
    assert_eq!((grant.on.len(), grant.level), (2, GrantLevel::CreateOnly));
}

#[test]
fn a_password_is_no_argument() {
    for line in ["sign-up ada secret", "login ada --password secret", "login ada --password=secret"] {
        assert_eq!(parse(line).unwrap_err().kind(), ErrorKind::UnknownArgument, "{line}");
    }
    assert!(parse("login ada --password-stdin --password-file /tmp/x").is_err());
}

#[test]
fn limit_and_all_exclude_each_other() {
    assert_eq!(parse("query bp --all --limit 3").unwrap_err().kind(), ErrorKind::ArgumentConflict);
    assert!(parse("query bp --limit 0").is_err());
}

#[test]
fn a_dash_is_standard_input() {
    let Command::Import(import) = parse("import - --to bp --format csv --dry-run").unwrap().command else {
        panic!("another command")
    };
    assert_eq!(import.file, Source::Stdin);
    assert_eq!(import.format, Some(RowFormat::Csv));
    assert!(import.dry_run && !import.resume);
}
