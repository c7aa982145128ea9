//! A disk with a volatile write cache: what is written becomes stable only by a flush.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyWrite,
    Request, WriteFlags,
};

const PAGE: usize = 4096;
const SECTOR: usize = 512;
const TTL: Duration = Duration::from_secs(3600);
const DISK: INodeNo = INodeNo(2);

type Pages = BTreeMap<u64, Box<[u8; PAGE]>>;

/// What of the write cache reached the medium when the power went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Only what was flushed.
    Flushed,
    /// That, and a random half of the pages in the cache, some of them torn between sectors.
    Some,
    /// Everything written.
    All,
}

/// The medium and its cache.
#[derive(Default)]
struct Medium {
    stable: Pages,
    cache: Pages,
    flushes: u64,
}

/// A shared handle on the disk.
#[derive(Clone)]
pub struct Disk {
    medium: Arc<Mutex<Medium>>,
    size: u64,
}

/// What a power cut left, to be written to an image.
pub struct Image {
    pages: Pages,
    size: u64,
}

impl Disk {
    pub fn new(size: u64) -> Self {
        Self { medium: Arc::default(), size }
    }

    /// Serves it as the file `disk` in `dir`, until the session is dropped.
    pub fn serve(&self, dir: &Path) -> io::Result<BackgroundSession> {
        fuser::spawn_mount(self.clone(), dir, &Config::default())
    }

    pub fn flushes(&self) -> u64 {
        self.medium.lock().unwrap().flushes
    }

    pub fn write(&self, offset: u64, data: &[u8]) {
        self.medium.lock().unwrap().write(offset, data);
    }

    pub fn flush(&self) {
        self.medium.lock().unwrap().flush();
    }

    /// Cuts the power in the three ways at one moment. The disk itself goes on.
    pub fn cut(&self, random: &mut impl FnMut(u64) -> u64) -> Vec<(Left, Image)> {
        let medium = self.medium.lock().unwrap();
        [Left::Flushed, Left::Some, Left::All]
            .into_iter()
            .map(|left| {
                let mut pages = medium.stable.clone();
                for (number, cached) in &medium.cache {
                    let sectors = match left {
                        Left::Flushed => 0,
                        Left::All => PAGE / SECTOR,
                        Left::Some if random(2) == 0 => 0,
                        Left::Some if random(8) == 0 => random(8) as usize,
                        Left::Some => PAGE / SECTOR,
                    };
                    let torn = sectors * SECTOR;
                    if torn > 0 {
                        let page = pages.entry(*number).or_insert_with(|| Box::new([0; PAGE]));
                        page[..torn].copy_from_slice(&cached[..torn]);
                    }
                }
                (left, Image { pages, size: self.size })
            })
            .collect()
    }

    fn attributes(&self, ino: INodeNo) -> FileAttr {
        let directory = ino == INodeNo::ROOT;
        FileAttr {
            ino,
            size: if directory { 0 } else { self.size },
            blocks: if directory { 0 } else { self.size / 512 },
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if directory { FileType::Directory } else { FileType::RegularFile },
            perm: if directory { 0o755 } else { 0o600 },
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        }
    }
}

impl Image {
    /// Writes it as a sparse file.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let file = File::create(path)?;
        file.set_len(self.size)?;
        self.pages.iter().try_for_each(|(number, page)| file.write_all_at(&page[..], number * PAGE as u64))
    }
}

impl Medium {
    /// Splits a byte range into pages: number, offset inside, length.
    fn pieces(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize)> {
        let mut done = 0;
        std::iter::from_fn(move || {
            let at = offset + done as u64;
            let inside = (at % PAGE as u64) as usize;
            let part = (PAGE - inside).min(len - done);
            done += part;
            (part > 0).then_some((at / PAGE as u64, inside, part))
        })
    }

    fn read(&self, offset: u64, len: usize) -> Vec<u8> {
        let mut data = Vec::with_capacity(len);
        for (number, inside, part) in Self::pieces(offset, len) {
            match self.cache.get(&number).or_else(|| self.stable.get(&number)) {
                Some(page) => data.extend_from_slice(&page[inside..inside + part]),
                None => data.resize(data.len() + part, 0),
            }
        }
        data
    }

    fn write(&mut self, offset: u64, mut data: &[u8]) {
        for (number, inside, part) in Self::pieces(offset, data.len()) {
            let stable = &self.stable;
            let page = self
                .cache
                .entry(number)
                .or_insert_with(|| stable.get(&number).cloned().unwrap_or_else(|| Box::new([0; PAGE])));
            let (now, later) = data.split_at(part);
            page[inside..inside + part].copy_from_slice(now);
            data = later;
        }
    }

    fn flush(&mut self) {
        self.flushes += 1;
        self.stable.append(&mut self.cache);
    }
}

impl Filesystem for Disk {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        if parent == INodeNo::ROOT && name == "disk" {
            reply.entry(&TTL, &self.attributes(DISK), Generation(0));
        } else {
            reply.error(Errno::ENOENT);
        }
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&TTL, &self.attributes(ino));
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        reply.opened(FileHandle(1), FopenFlags::FOPEN_KEEP_CACHE);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let len = u64::from(size).min(self.size.saturating_sub(offset)) as usize;
        let data = self.medium.lock().unwrap().read(offset, len);
        reply.data(&data);
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        Self::write(self, offset, data);
        reply.written(data.len() as u32);
    }

    /// Closing a file flushes no device.
    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    /// What a flush command to the loop device becomes.
    fn fsync(&self, _: &Request, _: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        Self::flush(self);
        reply.ok();
    }
}
