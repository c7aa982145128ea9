//! Commands: one module for each family, all alike: look up, call the SDK, say what happened.

mod access;
mod account;
mod audit;
mod collection;
mod describe;
mod device;
mod evidence;
mod export;
mod group;
mod import;
mod import_terms;
mod leave;
mod link;
mod query;
mod record;
mod revoke;
mod show;
mod term;

use crate::{
    arguments::{Arguments, Command, Evidence, Link},
    failure::Failure,
    output::Output,
    session::{Opened, Session},
};
use std::path::PathBuf;

/// Runs what was typed.
pub(crate) async fn run(arguments: Arguments, folder: PathBuf, output: &mut Output) -> Result<(), Failure> {
    let session = Session::new(&arguments.common, folder)?;
    match arguments.command {
        Command::SignUp(sign_up) => account::sign_up(&session, &sign_up, output).await,
        Command::Login(login) => account::login(&session, &login, output).await,
        Command::Recover(recover) => account::recover(&session, &recover, output).await,
        Command::Logout => account::logout(&session, output).await,
        Command::Join(join) => device::join(&session, &join, output).await,
        Command::Access(Evidence::Verify { file }) => evidence::verify(&file, output),
        Command::Link(Link::Open(open)) => link::open(&session, &open, output).await,
        command => {
            let opened = session.open()?;
            let done = with_account(command, &session, &opened, output).await;
            // Also after a failure: what was learned of the server (a version seen, a key met) must not be forgotten.
            let kept = session.keep(&opened);
            done.and(kept)
        }
    }
}

async fn with_account(
    command: Command,
    session: &Session,
    opened: &Opened,
    output: &mut Output,
) -> Result<(), Failure> {
    let account = &opened.account;
    if concerns_accesses(&command) {
        // New keys for collections whose accesses have expired since; one call when there is nothing to do.
        account.maintain().await?;
    }
    match command {
        Command::SignUp(_) | Command::Login(_) | Command::Recover(_) | Command::Logout | Command::Join(_) => {
            Ok(())
        }
        Command::Device(wanted) => device::device(account, &wanted, output).await,
        Command::Access(wanted) => evidence::evidence(account, &wanted, output).await,
        Command::Password(password) => account::change_password(account, &password, output).await,
        Command::Whoami => account::whoami(session, opened, output),
        Command::Define(define) => collection::define(account, &define, output).await,
        Command::Redefine(redefine) => collection::redefine(account, &redefine, output).await,
        Command::Collections => collection::list(account, output).await,
        Command::Rotate(rotate) => collection::rotate(account, &rotate, output).await,
        Command::Migrate(migrate) => collection::migrate(account, &migrate, output).await,
        Command::Related(wanted) => record::related(account, &wanted, output).await,
        Command::CheckReferences => record::check_references(account, output).await,
        Command::Reindex(wanted) => collection::reindex(account, &wanted, output).await,
        Command::Leakage(wanted) => collection::leakage(account, &wanted, output).await,
        Command::Describe(wanted) => describe::describe(account, &wanted, output).await,
        Command::Import(import) => import::import(account, &import, output).await,
        Command::Create(create) => record::create(account, &create, output).await,
        Command::Query(query) => query::query(account, &query, output).await,
        Command::Explain(selection) => query::explain(account, &selection, output).await,
        Command::Get(target) => record::get(account, &target, output).await,
        Command::History(target) => record::history(account, &target, output).await,
        Command::Update(update) => record::update(account, &update, output).await,
        Command::Trash(target) => record::trash(account, &target, output).await,
        Command::Restore(target) => record::restore(account, &target, output).await,
        Command::Delete(target) => record::delete(account, &target, output).await,
        Command::Deleted(collection) => record::deleted(account, &collection, output).await,
        Command::File(file) => record::file(account, &file, output).await,
        Command::Ontology(wanted) => term::ontology(account, &wanted, output).await,
        Command::Term(wanted) => term::term(account, &wanted, output).await,
        Command::Grant(grant) => access::grant(account, &grant, output).await,
        Command::Accesses => access::granted(account, output).await,
        Command::Received => access::received(account, output).await,
        Command::Revoke(revoke) => revoke::revoke(account, &revoke, output).await,
        Command::Leave(leave) => leave::leave(account, &leave, output).await,
        Command::Group(wanted) => group::group(account, &wanted, output).await,
        Command::Link(Link::Create(create)) => link::create(opened, &create, output).await,
        Command::Link(Link::List) => link::list(account, output).await,
        Command::Link(Link::Revoke(revoke)) => revoke::revoke(account, &revoke, output).await,
        // Opened before: it needs no session.
        Command::Link(Link::Open(_)) => Ok(()),
        Command::Show(show) => show::show(account, &show, output).await,
        Command::Audit(wanted) => audit::audit(account, &wanted, output).await,
        Command::Head(wanted) => audit::head(account, &wanted, output).await,
        Command::Export(export) => export::export(opened, &export.folder, output).await,
    }
}

/// Whether a command writes to collections of one's own, or shows or changes who reads them.
const fn concerns_accesses(command: &Command) -> bool {
    match command {
        Command::Grant(_)
        | Command::Accesses
        | Command::Revoke(_)
        | Command::Link(_)
        | Command::Group(_)
        | Command::Device(_)
        | Command::Access(_) => true,
        Command::Create(create) => create.collection.from.is_none(),
        Command::Update(update) => update.target.collection.from.is_none(),
        Command::Import(import) => import.from.is_none() && !import.dry_run,
        _ => false,
    }
}
