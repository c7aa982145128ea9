//! Apps: their cards, and what they say of themselves.

use super::{
    Reading, Result, Tx,
    key::{Silo, Table},
};
use pryv_wire::{PrincipalId, Signed, app::Manifest, card::Card, encode};

impl Reading<'_> {
    /// What an app says of itself; none if the principal is no app of this node.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn manifest(&self, app: PrincipalId) -> Result<Option<Signed<Manifest>>> {
        self.row("manifest", &Silo::of(app).key(Table::Manifest, &[]))
    }
}

impl Tx<'_> {
    /// Registers an app. Whoever calls has checked card and manifest, and that there is none yet.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn register_app(
        &mut self,
        app: PrincipalId,
        card: &Signed<Card>,
        manifest: &Signed<Manifest>,
    ) -> Result<()> {
        let silo = Silo::of(app);
        self.rows.put(&silo.key(Table::Card, &[&0_u32.to_be_bytes()]), &encode(card))?;
        Ok(self.rows.put(&silo.key(Table::Manifest, &[]), &encode(manifest))?)
    }
}
