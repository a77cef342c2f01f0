//! Something for each client, for as many clients as there is room for: whoever has not asked for longest
//! is forgotten, so that no crowd of addresses takes memory without end.

use super::client::Client;
use quick_cache::sync::Cache;
use std::convert::Infallible;
use std::sync::Arc;

/// Shared by all workers. What is kept is changed without holding anything: only finding it takes a shard's
/// lock, for reading.
pub struct Clients<T>(Cache<Client, Arc<T>>);

impl<T: Default> Clients<T> {
    /// `most`: clients that are remembered.
    pub fn new(most: usize) -> Self {
        Clients(Cache::new(most))
    }

    /// A client's own; the default for one that is not known.
    pub fn of(&self, client: Client) -> Arc<T> {
        let found = self.0.get_or_insert_with(&client, || Ok::<_, Infallible>(Arc::default()));
        match found {
            Ok(own) => own,
            Err(never) => match never {},
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What it all takes: the tables, and each client's own with its two counts.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        const COUNTS_AND_ALLOCATION: usize = 32;
        let own = std::mem::size_of::<T>() + COUNTS_AND_ALLOCATION;
        self.0.memory_used().total() + self.len() * own
    }
}
