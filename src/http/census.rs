//! Who is connected: all together and each client have a share, so that one of them cannot keep out the rest.
//!
//! Beyond its share a connection is told 503 and closed at once, which a client can act on; one that is
//! left in the kernel's queue looks like a network that fails.

use super::client::Client;
use super::shares::{Share, Shares};
use crate::telemetry::{Connections, Telemetry};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// One client's part of all connections. A shop behind one address has some hundred devices; a quarter of
/// the 2,048 by default is five hundred.
const PART_OF_ONE: usize = 4;

/// Connections that are open.
pub struct Census {
    most: usize,
    /// Without a proxy in front, behind which all have its address.
    by_client: Option<Arc<Shares>>,
    telemetry: Arc<Telemetry>,
}

impl Census {
    /// `most` connections, a quarter of them by one client unless `proxied`.
    pub fn new(most: usize, proxied: bool, telemetry: Arc<Telemetry>) -> Arc<Self> {
        Arc::new(Census {
            most,
            by_client: (!proxied).then(|| Shares::new(most / PART_OF_ONE)),
            telemetry,
        })
    }

    /// A place for a connection, given back when it is dropped. `None`: there is none left for this client.
    pub fn admit(self: &Arc<Self>, peer: Option<SocketAddr>) -> Option<Place> {
        let client = peer.map(|peer| Client::from(peer.ip()));
        let place = self.place(client);
        if place.is_none() {
            self.connections().refused.fetch_add(1, Relaxed);
        }
        place
    }

    fn place(self: &Arc<Self>, client: Option<Client>) -> Option<Place> {
        if self.connections().open.fetch_add(1, Relaxed) >= self.most {
            self.connections().open.fetch_sub(1, Relaxed);
            return None;
        }
        // From here on dropping the place gives back what was taken.
        let mut place = Place { census: Arc::clone(self), _share: None };
        if let (Some(client), Some(shares)) = (client, &self.by_client) {
            place._share = Some(shares.take(client)?);
        }
        Some(place)
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.connections().open.load(Relaxed)
    }

    pub fn connections(&self) -> &Connections {
        &self.telemetry.connections
    }
}

/// A connection's place.
pub struct Place {
    census: Arc<Census>,
    _share: Option<Share>,
}

impl Place {
    /// Where connections are counted.
    pub fn connections(&self) -> &Connections {
        self.census.connections()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.census.connections().open.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(most: usize, proxied: bool) -> Arc<Census> {
        Census::new(most, proxied, Arc::new(Telemetry::new(&["/"], 1, 0)))
    }

    fn refused(census: &Census) -> u64 {
        census.connections().refused.load(Relaxed)
    }

    fn peer(text: &str) -> Option<SocketAddr> {
        Some(SocketAddr::new(text.parse().unwrap(), 4_000))
    }

    #[test]
    fn one_client_has_a_quarter_and_gives_it_back() {
        let census = census(16, false);
        let mut places: Vec<_> = (0..4).map(|_| census.admit(peer("10.0.0.1")).unwrap()).collect();
        assert!(census.admit(peer("10.0.0.1")).is_none());
        // The same address written as IPv6.
        assert!(census.admit(peer("::ffff:10.0.0.1")).is_none());
        assert!(census.admit(peer("10.0.0.2")).is_some());
        places.pop();
        assert!(census.admit(peer("10.0.0.1")).is_some());
        places.clear();
        assert_eq!((census.open(), refused(&census)), (0, 2));
    }

    #[test]
    fn all_together_have_no_more_than_there_are() {
        for (proxied, clients) in [(false, 16), (true, 1)] {
            let census = census(16, proxied);
            let address = |n: usize| peer(&format!("10.0.0.{}", n % clients));
            let places: Vec<_> = (0..20).filter_map(|n| census.admit(address(n))).collect();
            assert_eq!(places.len(), 16, "proxied: {proxied}");
            drop(places);
            assert_eq!((census.open(), refused(&census)), (0, 4));
        }
    }
}
