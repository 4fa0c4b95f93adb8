//! Whose resources these are, and the identifiers that a service makes up: ARNs, UUIDs, digests.

use md5::{Digest, Md5};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use std::cell::RefCell;

/// Partition, region and account of everything that one endpoint holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Such as `aws`.
    pub partition: String,
    /// Such as `us-east-1`.
    pub region: String,
    /// Twelve digits.
    pub id: String,
}

impl Default for Account {
    /// What emulators use where nothing is said.
    fn default() -> Account {
        Account { partition: "aws".into(), region: "us-east-1".into(), id: "000000000000".into() }
    }
}

impl Account {
    /// The ARN of a resource of this account and region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.id)
    }
}

/// Makes up identifiers, the same ones for the same seed. They are no secrets.
pub struct Ids(RefCell<Xoshiro256PlusPlus>);

impl Ids {
    /// Identifiers of one endpoint.
    pub fn new(seed: u64) -> Ids {
        Ids(RefCell::new(Xoshiro256PlusPlus::seed_from_u64(seed)))
    }

    /// A number below `bound`, or 0 if that is 0.
    pub fn below(&self, bound: u64) -> u64 {
        // The bias is far below what manners would show.
        self.0.borrow_mut().next_u64().checked_rem(bound).unwrap_or(0)
    }

    /// A UUID of version 4.
    pub fn uuid(&self) -> String {
        let mut random = self.0.borrow_mut();
        let (high, low) = (random.next_u64(), random.next_u64());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            0x8000 | ((low >> 48) & 0x3fff),
            low & 0xffff_ffff_ffff
        )
    }
}

/// The MD5 digest in hexadecimal digits, as SQS and S3 give it.
pub fn md5_hex(bytes: &[u8]) -> String {
    md5_number(bytes).map(|byte| format!("{byte:02x}")).concat()
}

/// The MD5 digest as the number by which Kinesis chooses a shard.
pub fn hash_key(partition_key: &str) -> u128 {
    u128::from_be_bytes(md5_number(partition_key.as_bytes()))
}

fn md5_number(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}
