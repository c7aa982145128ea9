//! Holders: the list of who opens an account's secret, the secret sealed to each device, and earlier secrets.

use super::{
    At as _, Error, Reading, Result, Tx,
    account::Credential,
    key::{Silo, Table},
};
use crate::permission::Owner;
use pryv_wire::{
    Bytes, DeviceId, PrincipalId, Signed,
    account::SecretWrap,
    card::Card,
    encode,
    holder::{Holder, HolderSeal, Holders},
};

/// What a rotation writes.
#[derive(Debug)]
pub struct Rotation<'a> {
    /// The number of the new card.
    pub sequence: u32,
    /// The new card.
    pub card: &'a Signed<Card>,
    /// The new list.
    pub holders: &'a Signed<Holders>,
    /// The new secret for everybody in it.
    pub seals: Vec<HolderSeal>,
    /// Earlier secrets, under the new one.
    pub earlier: &'a [u8],
}

impl Reading<'_> {
    /// The list of holders of an account.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn holders(&self, account: PrincipalId) -> Result<Option<Signed<Holders>>> {
        self.row("holders", &Silo::of(account).key(Table::Holders, &[]))
    }

    /// The account secret as it is sealed to a device.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn device_seal(&self, account: PrincipalId, device: DeviceId) -> Result<Option<SecretWrap>> {
        self.row("device seal", &Silo::of(account).key(Table::DeviceSeal, &[device.as_bytes()]))
    }

    /// Earlier account secrets, under the present one; none before the first rotation.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn earlier(&self, account: PrincipalId) -> Result<Option<Bytes>> {
        let row = self.rows.get(&Silo::of(account).key(Table::Earlier, &[]))?;
        Ok(row.map(|row| Bytes::from(&row[..])))
    }
}

impl<'t> Tx<'t> {
    /// Replaces the list, and adds the seals of devices that are new in it.
    ///
    /// # Errors
    ///
    /// As the engine.
    pub fn set_holders(
        &mut self,
        owner: &Owner<'t>,
        holders: &Signed<Holders>,
        seals: Vec<HolderSeal>,
    ) -> Result<()> {
        let silo = Silo::of(owner.account());
        self.rows.put(&silo.key(Table::Holders, &[]), &encode(holders))?;
        self.put_device_seals(silo, seals)
    }

    /// Writes a rotation: the next card, the list, and every seal in the place of every old one.
    ///
    /// # Errors
    ///
    /// [`Error::Row`] if the account has no credential; else as the engine.
    pub fn rotate(&mut self, owner: &Owner<'t>, rotation: Rotation<'_>) -> Result<()> {
        let silo = Silo::of(owner.account());
        let Rotation { sequence, card, holders, seals, earlier } = rotation;
        let stored = self.reading().credential(owner.account())?;
        let Credential { mut password, mut recovery } = stored.ok_or(Error::Row("credential"))?;
        for HolderSeal { holder, wrap } in &seals {
            match holder {
                Holder::Password => password.wrap = wrap.clone(),
                Holder::Recovery => recovery.wrap = wrap.clone(),
                Holder::Device(_) => {}
            }
        }
        self.rows.put(&silo.key(Table::Credential, &[]), &encode(&Credential { password, recovery }))?;
        self.rows.put(&silo.key(Table::Card, &[&sequence.to_be_bytes()]), &encode(card))?;
        self.rows.put(&silo.key(Table::Earlier, &[]), earlier)?;
        self.delete_all(&silo.scan(Table::DeviceSeal, &[]))?;
        self.set_holders(owner, holders, seals)
    }

    fn put_device_seals(&mut self, silo: Silo, seals: Vec<HolderSeal>) -> Result<()> {
        for HolderSeal { holder, wrap } in seals {
            if let Holder::Device(device) = holder {
                self.rows.put(&silo.key(Table::DeviceSeal, &[device.as_bytes()]), &encode(&wrap))?;
            }
        }
        Ok(())
    }
}
