//! The end: a summary, and time to look around for whoever watches.

use crate::{
    stage::{ADAS, BOBS, Stage},
    story::Told,
    trouble::Trouble,
};

/// Says how to go on, and waits until Ctrl-C.
pub(crate) fn stay_open(stage: &mut Stage) -> Result<(), Trouble> {
    stage.screen.heading("Your turn")?;
    stage.screen.say("The server stays until you press Ctrl-C; then everything of this demo is removed. In another terminal:")?;
    let screen = &stage.screen;
    for (player, words) in [(&stage.ada, "as Ada"), (&stage.bob, "as Bob")] {
        screen.answer(&format!(
            "\n# {words}\nexport XDG_CONFIG_HOME='{}' PRYV_SERVER={}\nalias pryv='{}'\npryv whoami",
            player.config().display(),
            stage.server.url(),
            stage.program.display()
        ))?;
    }
    screen.answer(
        "\n# then, for example\npryv query blood-pressure --newest-first\npryv export my-data\npryv --help\n",
    )?;
    if let Some(page) = stage.server.page() {
        screen.say(&format!(
            "In a browser: {page}\n  as `ada` with the password `{ADAS}`, or as `bob` with `{BOBS}`"
        ))?;
    }
    screen.say(&format!("Server: {}  Its files: {}", stage.server.url(), stage.server.files().display()))?;
    screen.interrupt().wait();
    Ok(())
}

/// Says what was shown.
pub(crate) fn curtain(stage: &Stage, told: &Told) -> Result<(), Trouble> {
    stage.screen.say("")?;
    stage.screen.say(&format!(
        "Done: {} steps, {} records written; of one record {} pieces of plain text were looked for in {} bytes \
         of the server's files, {} found; after the revoke Bob was refused and Ada still reads.",
        told.steps,
        told.records,
        told.needles,
        told.scanned,
        told.hits
    ))
}
