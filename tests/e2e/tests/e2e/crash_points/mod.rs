//! A crash at every write point: the network breaks, or the store fails, at each call and at each commit of an operation;
//! the client's process ends there, the server is started again. Whoever comes back finds the account whole, and does the
//! operation again.
//!
//! An operation joins by a [`Step`](cast::Step) and one line below.

mod cast;
mod steps;
mod strike;

macro_rules! crash_at_every_write_point {
    ($($name:ident: $step:ident,)+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            strike::everywhere(stringify!($name), steps::$step).await;
        })+
    };
}

crash_at_every_write_point! {
    sign_up: SignUp,
    define: Define,
    create: Create,
    create_many: CreateMany,
    update: Update,
    delete: Delete,
    grant: GrantRead,
    revoke: Revoke,
    leave: Leave,
    add_member: AddMember,
    remove_member: RemoveMember,
    maintain: Maintain,
    change_password: ChangePassword,
    recover: Recover,
    rotate: Rotate,
    add_device: AddDevice,
    enrol_device: EnrolDevice,
    revoke_device: RevokeDevice,
    rotate_with_terms: RotateWithTerms,
    grant_term: GrantTerm,
    move_term: MoveTerm,
    rewrap: Rewrap,
    migrate: Migrate,
}

/// The harness on trial: an operation that cannot be repeated once it was done must be caught.
#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "the repetition ended in exists-already")]
async fn an_operation_that_cannot_be_repeated_is_caught() {
    strike::everywhere("unrepeatable", steps::Unrepeatable).await;
}
