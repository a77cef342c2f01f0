//! So many of something for each client, and no more: connections, lists.

use super::client::Client;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// What each client has taken; who has none takes no memory.
pub struct Shares {
    most_of_one: usize,
    taken: Mutex<HashMap<Client, usize>>,
}

impl Shares {
    /// `most_of_one`: at least one.
    pub fn new(most_of_one: usize) -> Arc<Self> {
        Arc::new(Shares { most_of_one: most_of_one.max(1), taken: Mutex::default() })
    }

    /// One for `client`, given back when it is dropped. `None`: it has as many as it may.
    pub fn take(self: &Arc<Self>, client: Client) -> Option<Share> {
        let mut all = self.taken.lock();
        let taken = all.entry(client).or_default();
        if *taken == self.most_of_one {
            return None;
        }
        *taken += 1;
        Some(Share { of: Arc::clone(self), client })
    }
}

/// One of a client's.
pub struct Share {
    of: Arc<Shares>,
    client: Client,
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Entry::Occupied(mut taken) = self.of.taken.lock().entry(self.client) {
            *taken.get_mut() -= 1;
            if *taken.get() == 0 {
                taken.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_no_more_than_its_own_and_gives_it_back() {
        let client = |text: &str| Client::from(text.parse::<std::net::IpAddr>().unwrap());
        let shares = Shares::new(2);
        let mut taken = vec![
            shares.take(client("10.0.0.1")).unwrap(),
            // The same address written as IPv6.
            shares.take(client("::ffff:10.0.0.1")).unwrap(),
        ];
        assert!(shares.take(client("10.0.0.1")).is_none());
        assert!(shares.take(client("10.0.0.2")).is_some());
        taken.pop();
        assert!(shares.take(client("10.0.0.1")).is_some());
        taken.clear();
        assert!(shares.taken.lock().is_empty());
    }
}
